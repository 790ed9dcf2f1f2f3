"""The mean loss over all valid elements of all batches."""

from __future__ import annotations

import torch
from torch import Tensor
from torchmetrics import Metric

from rnnlab.tasks.base import Loss


class MeanLoss(Metric):
    """Adds up losses and counts, over batches and processes.

    torchmetrics' own MeanMetric either drops batches whose loss is NaN or, told not to, drops the
    weights (torchmetrics 1.9).
    """

    full_state_update = False
    total: Tensor
    count: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.add_state("total", torch.tensor(0.0), dist_reduce_fx="sum")
        self.add_state("count", torch.tensor(0), dist_reduce_fx="sum")

    def update(self, loss: Loss) -> None:
        """Count one batch."""
        self.total = self.total + loss.total.detach()
        self.count = self.count + loss.count

    def compute(self) -> Tensor:
        """Return the mean; NaN if any batch was."""
        return self.total / self.count
