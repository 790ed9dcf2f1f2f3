from __future__ import annotations

import math

import pytest
import torch

from rnnlab.tasks.base import Loss
from rnnlab.tasks.mean_loss import MeanLoss


def test_batches_count_by_their_elements() -> None:
    metric = MeanLoss()
    for total, count in ((6.0, 3), (1.0, 1), (0.0, 0)):
        metric.update(Loss(torch.tensor(total, requires_grad=True), torch.tensor(count)))
    assert float(metric.compute()) == pytest.approx(7 / 4)
    metric.reset()
    metric.update(Loss(torch.tensor(math.nan), torch.tensor(1)))
    assert math.isnan(metric.compute())
