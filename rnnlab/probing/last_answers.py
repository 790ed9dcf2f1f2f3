"""What a model answers once it has read the whole of an input."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from rnnlab.data.batch import Batch, valid_steps
from rnnlab.data.own_past import last_step
from rnnlab.data.spec import DataSpec
from rnnlab.models.output import Output


class LastAnswers(NamedTuple):
    """The answers given after the last valid step of each input.

    Attributes:
        values: ``(B, M, K)``: logits or real values. M is 1, but for a decoder, all of whose steps
            come after the input: there it is L.
        valid: ``(B, M)`` bool; False in the padding of a decoder's target.
    """

    values: Tensor
    valid: Tensor


def last_answers(spec: DataSpec, output: Output, batch: Batch) -> LastAnswers:
    """Return the answer at the last valid step, the only one, or all of a decoder's.

    Args:
        spec: Says whether each step has its answer (``aligned``), or a decoder makes many.
        output: Values ``(B, T, K)`` if aligned, ``(B, L, K)`` of a decoder, else ``(B, K)``.
        batch: What was read.

    Raises:
        ValueError: The output has no values.
    """
    values = output.values
    if values is None:
        raise ValueError("a model without values cannot be probed")
    if spec.aligned:
        index = last_step(batch).reshape(-1, 1, *(1,) * (values.dim() - 2))
        values = values.gather(1, index.expand(-1, 1, *values.shape[2:]))
    elif spec.target.sequence:
        return LastAnswers(values, valid_steps(batch.target_lengths, values.shape[1], values))
    else:
        values = values.unsqueeze(1)
    return LastAnswers(values, torch.ones(values.shape[:2], dtype=torch.bool, device=values.device))
