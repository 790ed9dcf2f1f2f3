"""Time counted backwards, from the last step that each sequence reads."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlab.data.batch import Batch, valid_steps
from rnnlab.data.spec import DataSpec
from rnnlab.errors import ConfigError
from rnnlab.recurrence.sequence import reverse_padded


def steps_read(spec: DataSpec, batch: Batch) -> Tensor:
    """Return how many steps each row reads, ``(B,)`` int64.

    Raises:
        ConfigError: The input has no time axis, or no row reads anything.
    """
    if not spec.input.sequence:
        raise ConfigError(
            f"the input is {spec.input.describe()}, without a time axis to look back along"
        )
    B, T = batch.input.shape[:2]
    steps = batch.lengths
    if steps is None:
        steps = torch.full((B,), T, dtype=torch.int64, device=batch.device)
    if B == 0 or int(steps.max()) == 0:
        raise ConfigError("there is nothing to look back at: no sequence of the batch has a step")
    return steps


def by_lag(values: Tensor, steps: Tensor) -> Tensor:
    """Return values of steps ``(B, T)`` by lag, ``(B, K)``, K the longest row, NaN beyond a row.

    Args:
        values: ``(B, T)``, one for each step in the order of the input.
        steps: ``(B,)``, how many of them are valid.
    """
    longest = int(steps.max())
    lagged = reverse_padded(values, steps)[:, :longest]
    return lagged.masked_fill(~valid_steps(steps, longest, lagged), torch.nan)
