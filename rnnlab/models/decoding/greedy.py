"""Greedy decoding: the likeliest token each time."""

from __future__ import annotations

from torch import Tensor

from rnnlab.cells.base import Tree
from rnnlab.models.decoding.decoded import Decoded, Step
from rnnlab.models.decoding.roll_out import roll_out


def greedy(step: Step, state: Tree, begin: Tensor, end: int | None, max_length: int) -> Decoded:
    """Decode with the likeliest token at every step; see :func:`roll_out` for the arguments."""
    return roll_out(step, state, begin, end, max_length, lambda scores: scores.argmax(1))
