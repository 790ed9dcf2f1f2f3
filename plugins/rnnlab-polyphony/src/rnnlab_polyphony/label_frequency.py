"""Every label as often as in training."""

from __future__ import annotations

import torch

from rnnlab.baselines.training import answer_shape, training_batches, valid_targets
from rnnlab.data.batch import Batch
from rnnlab.data.dataset import Dataset
from rnnlab_polyphony.bernoulli import Probabilities


class LabelFrequency:
    """Answers every step with the frequency of each label among the training targets.

    One step with it and one without are added to the counts (Laplace), so that no label is
    impossible and the loss is finite.
    """

    name = "label_frequency"

    def __repr__(self) -> str:
        return "LabelFrequency()"

    def fit(self, dataset: Dataset) -> None:
        """Count the labels of the training part."""
        self._spec = dataset.spec
        present = torch.zeros(dataset.spec.target.size, dtype=torch.float64)
        steps = 0
        for batch in training_batches(dataset):
            targets = valid_targets(batch, dataset.spec)
            present += targets.double().sum(0)
            steps += len(targets)
        self._frequencies = ((present + 1) / (steps + 2)).float()  # (K,)

    def output(self, batch: Batch) -> Probabilities:
        """Return frequencies ``(B, T, K)``."""
        return Probabilities(self._frequencies.expand(*answer_shape(batch, self._spec), -1))
