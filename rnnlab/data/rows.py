"""A person's rows as a batch, from the description of the data alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import isnan, prod
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from rnnlab.data.batch import Batch
from rnnlab.data.numbers import parse_number
from rnnlab.data.padding import pad
from rnnlab.data.row_files import Row, read_rows, row_format, write_rows
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.tokenizer import tokenize
from rnnlab.errors import DataError

__all__ = ["Row", "encode", "read_rows", "row_format", "write_rows"]


def encode(rows: Sequence[Mapping[str, Any]], spec: DataSpec, *, key: str = "--input") -> Batch:
    """Return the inputs of rows as a batch without targets.

    The input of a row stands under ``spec.input.name`` or ``input``. A text is cut as the training
    texts were; tokens that are cut already may be a list. Reals are a list ``(T, F)``, ``(F,)``
    without steps, or ``(T,)`` if F is 1; images are nested lists ``(C, H, W)``, or ``(H, W)`` if C
    is 1, and frames lists of them. A text that is a JSON list counts as one, so CSV can hold them.
    A row that has neither column and holds numbers only is the input itself, in its order; empty
    cells at its end are left out.

    Args:
        rows: B rows, as :func:`read_rows` gives them.
        spec: What the model was trained on.
        key: The option that named the rows, for messages.

    Raises:
        DataError: A row has no input, or one that does not fit; the message names the row.
    """
    field = spec.input
    try:
        if field.kind == "tokens":
            ids, lengths = pad([_ids(row, field) for row in rows])
            return Batch(ids, lengths=lengths)
        values = [_numbers(row, field) for row in rows]
    except _BadRow as bad:
        raise DataError(str(bad), key=key) from bad
    if not field.sequence:
        return Batch(torch.stack(values))
    lengths = torch.tensor([len(value) for value in values])
    return Batch(pad_sequence(values, batch_first=True), lengths=lengths)


class _BadRow(ValueError):
    def __init__(self, row: Mapping[str, Any], why: str) -> None:
        place = f"row {row.number} (line {row.line}): " if isinstance(row, Row) else ""
        super().__init__(f"{place}{why}")


def _content(row: Mapping[str, Any], field: Field) -> tuple[Any, bool]:
    """Return the input of a row, and whether it is a plain list of all the row's numbers."""
    for name in (field.name, "input"):
        if name in row:
            return row[name], False
    cells = list(row.values())
    while cells and isinstance(cells[-1], str) and not cells[-1].strip():
        cells.pop()
    # A text has a column of its own even where every text happens to be a number.
    numbers = [_number(cell) for cell in cells] if field.tokenizer is None else [None]
    if not numbers or None in numbers:
        columns = ", ".join(map(str, row))
        raise _BadRow(row, f"no column {field.name!r} or 'input' among: {columns}")
    return numbers, True


def _number(cell: object) -> float | int | None:
    if isinstance(cell, str):
        number = parse_number(cell)
        return None if number is None or isnan(number) else number
    return cell if isinstance(cell, int | float) and not isinstance(cell, bool) else None


def _ids(row: Mapping[str, Any], field: Field) -> list[int]:
    content, plain = _content(row, field)
    if plain:
        content = [int(number) if number == int(number) else number for number in content]
    elif isinstance(content, str):
        tokens = _json_list(content) if field.tokenizer is None else None
        content = tokenize(content, field.tokenizer or "spaces") if tokens is None else tokens
    if not isinstance(content, list):
        raise _BadRow(row, f"{content!r} is neither a text nor a list of tokens")
    if not content:
        raise _BadRow(row, "holds no token")
    if field.vocabulary is not None:
        try:
            return field.vocabulary.encode([str(token) for token in content])
        except KeyError as error:
            why = f"the token {error.args[0]!r} is not in the vocabulary, and it has no <unk>"
            raise _BadRow(row, why) from error
    ids = [_number(token) for token in content]
    for token, index in zip(content, ids, strict=True):
        if index is None or index not in range(field.size):
            raise _BadRow(row, f"{token!r} is no id from 0 to {field.size - 1}")
    return [int(index) for index in ids if index is not None]


def _numbers(row: Mapping[str, Any], field: Field) -> Tensor:
    """Return one example, scaled: ``(F,)``, ``(C, H, W)``, or with T before them."""
    content, plain = _content(row, field)
    if isinstance(content, str):
        parsed = _json_list(content)
        content = content.replace(",", " ").split() if parsed is None else parsed
        if parsed is None:
            content = [_number(word) for word in content]
    try:
        values = torch.tensor(content, dtype=torch.float64)
    except (TypeError, ValueError, RuntimeError) as error:
        why = "holds something else than numbers, or lists of different lengths"
        raise _BadRow(row, why) from error
    example = _shaped(values, field, plain)
    if example is None:
        wanted = _shape_text(field)
        why = f"is numbers of shape {tuple(values.shape)}; the model takes {wanted}"
        raise _BadRow(row, why)
    if not example.isfinite().all():
        raise _BadRow(row, "holds NaN or an infinite number")
    if field.scaler is not None:
        example = field.scaler.transform(example)
    return example.float()


def _shaped(values: Tensor, field: Field, plain: bool) -> Tensor | None:
    """Return values with the axes of an example, or None where they do not fit."""
    shape = _step_shape(field)
    short = shape[1:] if shape[0] == 1 else shape  # without the axis of length 1
    lead = 1 if field.sequence else 0
    if values.numel() == 0:
        return None
    fits = tuple(values.shape[lead:]) in (shape, short) or (
        plain and values.numel() % prod(shape) == 0
    )
    steps = values.numel() // prod(shape)
    if not fits or (not field.sequence and steps != 1):
        return None
    return values.reshape(steps, *shape) if field.sequence else values.reshape(shape)


def _step_shape(field: Field) -> tuple[int, ...]:
    return (field.size,) if field.shape is None else field.shape


def _shape_text(field: Field) -> str:
    shape = ", ".join(map(str, _step_shape(field)))
    return f"(steps, {shape})" if field.sequence else f"({shape})"


def _json_list(text: str) -> list[Any] | None:
    if not text.lstrip().startswith("["):
        return None
    try:
        parsed = json.loads(text)
    except ValueError:
        return None
    return parsed if isinstance(parsed, list) else None
