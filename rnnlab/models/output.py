"""What a model returns."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from rnnlab.cells.base import Tree


@dataclass(frozen=True)
class Output:
    """Scores or values for a batch, and the state after it.

    Args:
        values: Logits ``(B, K)``, ``(B, T, K)`` or ``(B, L, K)`` for categorical targets, values
            ``(..., D)`` for real ones, given the true earlier targets where there is a decoder.
            A baseline that only names sequences has None.
        state: The state of the backbone after the last valid step, to be carried on.
        sequence: What free running made of the input: tokens ``(B, L)`` int64 up to and with
            ``<eos>``, or values ``(B, L, D)``. None where the mapping has no decoder.
        sequence_lengths: ``(B,)`` int64 valid steps of ``sequence``, ``<eos>`` included.
    """

    values: Tensor | None
    state: Tree = None
    sequence: Tensor | None = None
    sequence_lengths: Tensor | None = None
