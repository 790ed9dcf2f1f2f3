"""The part of a loss that the last step answers for."""

from __future__ import annotations

from dataclasses import replace

import torch

from rnnlab.data.batch import Batch
from rnnlab.data.spec import DataSpec
from rnnlab.models.output import Output
from rnnlab.tasks.steps import target_lengths


def of_last_step(output: Output, batch: Batch, spec: DataSpec) -> Output:
    """Return the same values, of which only those at each row's last valid step have a history.

    Where there is a target at every step, the gradient of the whole loss by a state is made mostly
    by the steps right after it, and says little of how far a gradient is carried. Of this output
    the loss has the same value and the gradient of the last step's share alone.

    Args:
        output: Of the model; without a time axis in the target it is returned as it is.
        batch: What was read.
        spec: What the data is.
    """
    values = output.values
    if values is None or not spec.target.sequence:
        return output
    lengths = target_lengths(batch, spec.aligned)
    steps = torch.arange(values.shape[1], device=values.device)
    last = values.shape[1] if lengths is None else lengths.unsqueeze(1)
    chosen = (steps == last - 1).reshape(-1, values.shape[1], *(1,) * (values.dim() - 2))
    return replace(output, values=torch.where(chosen, values, values.detach()))
