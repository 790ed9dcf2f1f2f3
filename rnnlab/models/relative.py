"""Forecasts relative to the last value that was seen."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from rnnlab.data.batch import Batch
from rnnlab.data.own_past import last_of, own_past
from rnnlab.data.spec import DataSpec
from rnnlab.recurrence.sequence import mask_padding


def relative_to_last(batch: Batch, spec: DataSpec) -> tuple[Batch, Tensor]:
    """Return a batch whose past is told from its own last value, and that value, the level.

    A network that adds its answer to the level can follow a series out of the range that it was
    trained on (NLinear, Zeng et al. 2023, arXiv:2205.13504).

    Args:
        batch: B examples; the first D features of the input are the past of the target.
        spec: The data.

    Returns:
        The batch with the last valid value of each of these features subtracted from all steps,
        and the level ``(B, D)``, scaled as the target is.
    """
    batch = replace(batch, input=mask_padding(batch.input, batch.lengths))
    level = last_of(own_past(batch, spec), batch)[:, 0]
    past, beside = batch.input.tensor_split([spec.target.size], dim=-1)
    shifted = torch.cat([past - last_of(past, batch), beside], dim=-1)
    return replace(batch, input=shifted), level
