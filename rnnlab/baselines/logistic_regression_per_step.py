"""Logistic regression on each step by itself."""

from __future__ import annotations

import torch

from rnnlab.baselines.classifier import LinearClassifier
from rnnlab.baselines.training import training_batches, valid_targets
from rnnlab.data.batch import UNCOUNTED, Batch
from rnnlab.data.dataset import Dataset
from rnnlab.errors import ConfigError
from rnnlab.models.output import Output
from rnnlab.tasks.steps import valid_rows

MAX_STEPS = 20_000
"""At most so many steps of the training part are fitted to, the first ones."""


class LogisticRegressionPerStep:
    """Classifies each step, or frame, without knowing the ones before it."""

    name = "logistic_regression_per_step"

    def fit(self, dataset: Dataset) -> None:
        """Fit to the valid steps of the training part.

        Raises:
            ConfigError: There are no reals or frames with a class at each step.
        """
        spec = dataset.spec
        if spec.input.categorical or not (spec.aligned and spec.target.categorical):
            raise ConfigError(
                f"needs reals and a class at each step, not {spec.input.describe()} and "
                f"{spec.target.describe()}",
                key="baseline",
                value=self.name,
            )
        features, labels, count = [], [], 0
        for batch in training_batches(dataset):
            classes = valid_targets(batch, spec)
            counted = classes != UNCOUNTED
            steps = valid_rows(batch.input.flatten(2), batch.lengths, stepwise=True)
            features.append(steps[counted])
            labels.append(classes[counted])
            count += len(labels[-1])
            if count >= MAX_STEPS:
                break
        self._classifier = LinearClassifier(spec.target.size, standardize=True)
        self._classifier.fit(torch.cat(features)[:MAX_STEPS].numpy(), torch.cat(labels)[:MAX_STEPS])

    def output(self, batch: Batch) -> Output:
        """Return log-probabilities as values, ``(B, T, K)``."""
        steps = batch.input.flatten(2)  # (B, T, F)
        values = self._classifier.log_probabilities(steps.flatten(0, 1).numpy())
        return Output(values.unflatten(0, steps.shape[:2]))
