"""Metrics of one mapping, filled batch by batch by models and baselines alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

from torch import nn
from torchmetrics import Metric

from rnnlab.data.batch import Batch
from rnnlab.models.output import Output


class Scores(nn.Module, ABC):
    """Holds torchmetrics metrics; the only place where a score is defined."""

    @abstractmethod
    def update(self, output: Output, batch: Batch) -> None:
        """Count one batch. Parts of ``output`` that are None leave their metrics untouched."""

    @abstractmethod
    def compute(self) -> dict[str, float]:
        """Return the scores so far by name, those never updated left out; ``loss`` among them.

        Names have no prefix: ``loss``, ``accuracy``, ``mae``, ``phoneme_error_rate``, ….
        """

    @abstractmethod
    def reset(self) -> None:
        """Forget all batches."""


def updated(metrics: Mapping[str, Metric]) -> dict[str, float]:
    """Return the values of those metrics that were updated; torchmetrics warns of the others."""
    return {
        name: float(metric.compute()) for name, metric in metrics.items() if metric.update_called
    }
