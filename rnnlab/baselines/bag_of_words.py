"""Logistic regression on how often each token occurs."""

from __future__ import annotations

import numpy as np
import torch
from scipy.sparse import csr_array, vstack

from rnnlab.baselines.classifier import LinearClassifier
from rnnlab.baselines.training import training_batches
from rnnlab.data.batch import Batch, valid_steps
from rnnlab.data.dataset import Dataset
from rnnlab.errors import ConfigError
from rnnlab.models.output import Output
from rnnlab.tasks.steps import target_of, valid_rows


class BagOfWords:
    """Classifies a sequence of tokens by the number of each, whatever their order."""

    name = "bag_of_words"

    def fit(self, dataset: Dataset) -> None:
        """Fit to the token counts of the training part.

        Raises:
            ConfigError: The input is no sequence of tokens, or the target no class.
        """
        spec = dataset.spec
        tokens = spec.input.categorical and spec.input.sequence
        if not tokens or spec.target.sequence or not spec.target.categorical:
            raise ConfigError(
                f"needs tokens and a class, not {spec.input.describe()} and "
                f"{spec.target.describe()}",
                key="baseline",
                value=self.name,
            )
        self._size = spec.input.size
        batches = list(training_batches(dataset))
        self._classifier = LinearClassifier(spec.target.size, standardize=False)
        self._classifier.fit(
            vstack([self._counts(batch) for batch in batches], format="csr"),
            torch.cat([target_of(batch) for batch in batches]),
        )

    def output(self, batch: Batch) -> Output:
        """Return log-probabilities as values, ``(B, K)``."""
        return Output(self._classifier.log_probabilities(self._counts(batch)))

    def _counts(self, batch: Batch) -> csr_array:
        valid = valid_steps(batch.lengths, batch.input.shape[1], batch.input)
        row = valid.nonzero()[:, 0].numpy()
        pairs = row, valid_rows(batch.input, batch.lengths, stepwise=True).numpy()
        return csr_array((np.ones(len(row)), pairs), shape=(len(batch), self._size))
