"""What a model answers, in the names and units of the data."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from rnnlab.data.spec import Field
from rnnlab.data.tokenizer import join


def class_name(field: Field, index: int) -> str | int:
    """Return the name of a class, or its number where classes have no names."""
    return index if field.vocabulary is None else field.vocabulary.tokens[index]


def real_value(field: Field, values: Tensor) -> Any:
    """Return scaled reals ``(..., D)`` in the units of the data.

    A list for each leading axis, of numbers if D is 1, else of lists of D numbers.
    """
    values = values.detach().cpu().double()
    if field.scaler is not None:
        values = field.scaler.inverse(values)
    return (values.squeeze(-1) if field.size == 1 else values).tolist()


def sequence_text(field: Field, tokens: list[int]) -> str | list[Any]:
    """Return tokens joined as their tokenizer cut them; a list where there is no tokenizer."""
    if field.vocabulary is None:
        return tokens
    names = field.vocabulary.decode(tokens)
    return names if field.tokenizer is None else join(names, field.tokenizer)
