"""Padded texts as inputs whose target is the text itself, one token later."""

from __future__ import annotations

from dataclasses import replace

import torch

from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.split import TensorSplit
from rnnlab.data.vocabulary import PAD
from rnnlab.errors import DataError


def next_token_spec(text: Field) -> DataSpec:
    """Return what :func:`next_token_split` makes of texts.

    Args:
        text: The texts; input and target keep their vocabulary.

    Raises:
        DataError: No text can have two tokens.
    """
    if text.max_length is not None and text.max_length < 2:
        why = "leaves no token to foretell; at least 2 are needed"
        raise DataError(why, key="dataset.max_length", value=text.max_length)
    longest = None if text.max_length is None else text.max_length - 1
    field = replace(text, max_length=longest)
    return DataSpec(field, field, aligned=True, next_step=True)


def next_token_split(texts: TensorSplit, text: Field) -> TensorSplit:
    """Return all tokens but the last as input, and all but the first as target.

    A text of a single token has nothing to foretell and is left out.

    Args:
        texts: Tokens ``(N, T)`` with the lengths ``(N,)``, padded with ``<pad>``.
        text: What they are.

    Returns:
        Tokens ``(M, T - 1)`` twice, M being at most N, and lengths ``(M,)`` one less than before.

    Raises:
        ValueError: The texts have no lengths or no ``<pad>``.
    """
    if texts.lengths is None or text.vocabulary is None or text.vocabulary.pad is None:
        raise ValueError(f"padded texts need lengths and a vocabulary with {PAD}")
    long = texts.lengths > 1
    tokens, lengths = texts.input[long], texts.lengths[long] - 1
    inputs, targets = tokens[:, :-1].clone(), tokens[:, 1:].clone()
    # Behind the last step of the input stands the last target, which is padding there.
    steps = inputs.shape[1]
    inputs[torch.arange(steps) >= lengths[:, None]] = text.vocabulary.pad
    return TensorSplit(inputs, targets, lengths)
