"""Scores of real values."""

from __future__ import annotations

from torch import Tensor
from torchmetrics import MeanAbsoluteError, MeanSquaredError, Metric

from rnnlab.data.batch import Batch
from rnnlab.data.spec import DataSpec
from rnnlab.models.output import Output
from rnnlab.tasks.losses import target_loss
from rnnlab.tasks.mean_loss import MeanLoss
from rnnlab.tasks.scores import Scores, updated
from rnnlab.tasks.steps import target_lengths, target_of, valid_rows


class RealScores(Scores):
    """Mean squared error in scaled units, and the errors in the units of the data.

    ``loss`` is the mean squared error of ``output.values`` as trained on; ``mae`` and ``rmse`` are
    taken after the scaler of the target is undone, over all valid elements (features too).

    Args:
        spec: The data.
        free_running: Take ``mae`` and ``rmse`` of ``output.sequence``, what a decoder makes of its
            own earlier values, instead of ``output.values``.
    """

    def __init__(self, spec: DataSpec, *, free_running: bool = False) -> None:
        super().__init__()
        self.target, self.aligned = spec.target, spec.aligned
        self.free_running = free_running
        self.loss = MeanLoss()
        self.mae = MeanAbsoluteError()
        self.rmse = MeanSquaredError(squared=False)

    def update(self, output: Output, batch: Batch) -> None:
        """Count one batch; what is None in ``output`` leaves its scores untouched."""
        target = target_of(batch)
        lengths = target_lengths(batch, self.aligned)
        expected = self._in_units(target, lengths)
        if expected.numel() == 0:
            return
        if output.values is not None:
            loss = target_loss(output.values, target, lengths)
            self.loss.update(loss)
        answer = output.sequence if self.free_running else output.values
        if answer is not None:
            given = self._in_units(answer, lengths)
            self.mae.update(given, expected)
            self.rmse.update(given, expected)

    def compute(self) -> dict[str, float]:
        """Return the scores that were updated."""
        return updated(self._metrics())

    def reset(self) -> None:
        """Forget all batches."""
        for metric in self._metrics().values():
            metric.reset()

    def _metrics(self) -> dict[str, Metric]:
        return {"loss": self.loss, "mae": self.mae, "rmse": self.rmse}

    def _in_units(self, values: Tensor, lengths: Tensor | None) -> Tensor:
        rows = valid_rows(values, lengths, self.target.sequence).float()  # (N, D)
        if self.target.scaler is not None:
            rows = self.target.scaler.inverse(rows)
        return rows.contiguous()
