"""The best answer to the copy memory problem without a memory."""

from __future__ import annotations

import math

import torch

from rnnlab.baselines.training import training_batches
from rnnlab.data.batch import Batch
from rnnlab.data.dataset import Dataset
from rnnlab.data.datasets.copy_memory import BLANK
from rnnlab.errors import ConfigError
from rnnlab.models.output import Output
from rnnlab.tasks.steps import target_of


class BlankThenUniform:
    """Answers blank until the recall, and then each symbol but blank with equal chance.

    For :class:`rnnlab.data.datasets.copy_memory.CopyMemory` its loss is ``10 ln 8 / (delay + 20)``
    on any sequences, not only on average. Knowing when the recall is takes a clock, which this
    baseline has from the training targets. What it holds to be impossible has the log-probability
    -100, which is zero to float32 and keeps losses finite.
    """

    name = "blank_then_uniform"

    def fit(self, dataset: Dataset) -> None:
        """Learn at which steps the training targets are not blank.

        Raises:
            ConfigError: The classes have no ``<blank>``.
        """
        vocabulary = dataset.spec.target.vocabulary
        if vocabulary is None or BLANK not in vocabulary.ids or not dataset.spec.aligned:
            raise ConfigError(
                f"needs a class {BLANK} at each step", key="baseline", value=self.name
            )
        blank, symbols = vocabulary.ids[BLANK], len(vocabulary) - 1
        recall = torch.stack(
            [(target_of(batch) != blank).any(0) for batch in training_batches(dataset)]
        ).any(0)
        self._values = torch.full((len(recall), len(vocabulary)), -100.0)  # (T, K)
        self._values[recall] = -math.log(symbols)
        self._values[:, blank] = torch.where(recall, -100.0, 0.0)

    def output(self, batch: Batch) -> Output:
        """Return log-probabilities as values, ``(B, T, K)``."""
        return Output(self._values.expand(len(batch), -1, -1))
