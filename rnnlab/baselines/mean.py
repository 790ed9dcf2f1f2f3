"""The mean of the training targets."""

from __future__ import annotations

import torch

from rnnlab.baselines.training import answer_shape, training_batches, valid_targets
from rnnlab.data.batch import Batch
from rnnlab.data.dataset import Dataset
from rnnlab.models.output import Output


class Mean:
    """Answers every input, or every step, with the mean target: the best constant in squares."""

    name = "mean"

    def fit(self, dataset: Dataset) -> None:
        """Average the valid targets of the training part."""
        self._spec = dataset.spec
        total = torch.zeros(dataset.spec.target.size, dtype=torch.float64)
        count = 0
        for batch in training_batches(dataset):
            targets = valid_targets(batch, dataset.spec)
            total += targets.double().sum(0)
            count += len(targets)
        self._mean = (total / count).float()  # (D,)

    def output(self, batch: Batch) -> Output:
        """Return the mean as values, ``(B, D)`` or ``(B, L, D)``."""
        values = self._mean.expand(*answer_shape(batch, self._spec), -1)
        free = self._spec.target.sequence and not self._spec.aligned
        if not free:
            return Output(values)
        return Output(values, sequence=values, sequence_lengths=batch.target_lengths)
