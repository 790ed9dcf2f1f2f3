"""Logistic regression on all steps at once."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlab.baselines.classifier import LinearClassifier
from rnnlab.baselines.training import training_batches
from rnnlab.data.batch import Batch, valid_steps
from rnnlab.data.dataset import Dataset
from rnnlab.errors import ConfigError
from rnnlab.models.output import Output
from rnnlab.tasks.steps import target_of


class LogisticRegression:
    """Classifies the whole input as one vector: all steps side by side, zeros after the end.

    Inputs longer than any in training are cut.
    """

    name = "logistic_regression"

    def fit(self, dataset: Dataset) -> None:
        """Fit to the training part.

        Raises:
            ConfigError: The input is no reals or images, or the target no class.
        """
        spec = dataset.spec
        if spec.input.categorical or spec.target.sequence or not spec.target.categorical:
            raise ConfigError(
                f"needs reals and a class, not {spec.input.describe()} and "
                f"{spec.target.describe()}",
                key="baseline",
                value=self.name,
            )
        self._sequence = spec.input.sequence
        batches = list(training_batches(dataset))
        self._steps = max(batch.input.shape[1] for batch in batches)
        self._classifier = LinearClassifier(spec.target.size, standardize=True)
        self._classifier.fit(
            torch.cat([self._features(batch) for batch in batches]).numpy(),
            torch.cat([target_of(batch) for batch in batches]),
        )

    def output(self, batch: Batch) -> Output:
        """Return log-probabilities as values, ``(B, K)``."""
        return Output(self._classifier.log_probabilities(self._features(batch).numpy()))

    def _features(self, batch: Batch) -> Tensor:
        if not self._sequence:
            return batch.input.flatten(1)
        steps = batch.input[:, : self._steps].flatten(2)  # (B, T, F)
        valid = valid_steps(batch.lengths, batch.input.shape[1], batch.input)[:, : self._steps]
        features = steps.new_zeros(len(batch), self._steps, steps.shape[2])
        features[:, : steps.shape[1]] = steps.where(valid[..., None], steps.new_zeros(()))
        return features.flatten(1)
