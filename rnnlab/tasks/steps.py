"""Which steps of a target count."""

from __future__ import annotations

from torch import Tensor

from rnnlab.data.batch import Batch, valid_steps


def target_of(batch: Batch) -> Tensor:
    """Return the target of a batch that has one.

    Raises:
        ValueError: It has none.
    """
    if batch.target is None:
        raise ValueError("a loss or a score needs batches with targets")
    return batch.target


def target_lengths(batch: Batch, aligned: bool) -> Tensor | None:
    """Return the valid steps ``(B,)`` of each target; of an aligned one they are the input's."""
    if aligned and batch.target_lengths is None:
        return batch.lengths
    return batch.target_lengths


def valid_rows(values: Tensor, lengths: Tensor | None, stepwise: bool) -> Tensor:
    """Return rows ``(N, ...)`` of ``values`` ``(B, ...)``, or of ``(B, L, ...)`` if stepwise."""
    if not stepwise:
        return values
    return values[valid_steps(lengths, values.shape[1], values)]
