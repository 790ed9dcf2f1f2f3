"""Sequences of different lengths as one tensor."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def pad_ids(sequences: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Put sequences of ids side by side, zeros to the right of the shorter ones.

    Args:
        sequences: N sequences of ids.

    Returns:
        The ids ``(N, T)`` int64, T being the longest length and at least 1, and the lengths
        ``(N,)`` int64.
    """
    lengths = torch.tensor([len(sequence) for sequence in sequences], dtype=torch.int64)
    longest = max((len(sequence) for sequence in sequences), default=0)
    padded = torch.zeros(len(sequences), max(1, longest), dtype=torch.int64)
    for row, sequence in zip(padded, sequences, strict=True):
        row[: len(sequence)] = torch.tensor(sequence, dtype=torch.int64)
    return padded, lengths
