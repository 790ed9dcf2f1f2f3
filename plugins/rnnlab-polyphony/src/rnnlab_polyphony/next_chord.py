"""Rolls as inputs whose target is the roll itself, one step later."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.split import TensorSplit
from rnnlab.data.vocabulary import Vocabulary
from rnnlab_polyphony.keys import KEY_NAMES, KEYS


def next_chord_spec() -> DataSpec:
    """Return 88 zeros and ones in, and the same out one step later, by the names of the keys."""
    keys = Field("reals", KEYS, sequence=True, name="roll")
    # The names go with the target alone: an input with names would be read as words.
    answer = Field(
        "reals", KEYS, sequence=True, vocabulary=Vocabulary(KEY_NAMES), name="next_chord"
    )
    return DataSpec(keys, answer, aligned=True, next_step=True)


def next_chord_split(rolls: Sequence[Tensor], *, predict_first: bool) -> TensorSplit:
    """Return each roll but its last step as input, and each but its first as target.

    A roll of a single step has nothing to foretell and is left out, unless ``predict_first``.

    Args:
        rolls: N rolls ``(T, 88)`` of zeros and ones.
        predict_first: Whether each roll is put behind a step of silence, so that its first step is
            foretold, too.

    Returns:
        Float32 ``(M, S, 88)`` twice, zero in the padding, and lengths ``(M,)``; M may be 0.
    """
    pieces = [roll.float() for roll in rolls]
    if predict_first:
        pieces = [torch.cat([piece.new_zeros(1, KEYS), piece]) for piece in pieces]
    pieces = [piece for piece in pieces if len(piece) > 1]
    lengths = torch.tensor([len(piece) - 1 for piece in pieces], dtype=torch.int64)
    if not pieces:
        nothing = torch.zeros(0, 1, KEYS)
        return TensorSplit(nothing, nothing, lengths)
    inputs = pad_sequence([piece[:-1] for piece in pieces], batch_first=True)
    targets = pad_sequence([piece[1:] for piece in pieces], batch_first=True)
    return TensorSplit(inputs, targets, lengths)
