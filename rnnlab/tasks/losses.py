"""The losses of all mappings: cross-entropy for ids, squared error for reals."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from rnnlab.data.batch import UNCOUNTED, valid_steps
from rnnlab.tasks.base import Loss


def target_loss(values: Tensor, target: Tensor, lengths: Tensor | None = None) -> Loss:
    """Return the loss of values against a target, by the target's type.

    Args:
        values: Logits ``(B, K)`` or ``(B, L, K)`` for int64 targets, values ``(B, D)`` or
            ``(B, L, D)`` for real ones.
        target: ``(B,)`` or ``(B, L)`` int64: the loss is the cross-entropy in nats, counted per
            target that is not :data:`rnnlab.data.batch.UNCOUNTED`. ``(B, D)`` or ``(B, L, D)``
            real: the squared error in scaled units, counted per element, so that the mean is the
            mean squared error.
        lengths: ``(B,)`` valid steps of targets with a time axis, or None for L. What is in the
            padding changes nothing.
    """
    real = target.is_floating_point()
    stepwise = target.dim() == (3 if real else 2)
    if not stepwise:
        lengths = None
    if real:
        error = values - target
        count = torch.tensor(error.numel(), device=target.device)
        if lengths is not None:
            valid = valid_steps(lengths, target.shape[1], target).unsqueeze(2)
            error = torch.where(valid, error, torch.zeros_like(error))
            count = lengths.sum() * target.shape[2]
        return Loss(error.square().sum(), count)
    if lengths is not None:
        target = target.masked_fill(~valid_steps(lengths, target.shape[1], target), UNCOUNTED)
    count = (target != UNCOUNTED).sum()
    total = F.cross_entropy(
        values.flatten(0, -2), target.flatten(), reduction="sum", ignore_index=UNCOUNTED
    )
    return Loss(total, count)
