"""The most frequent class; of a language, the unigram model."""

from __future__ import annotations

from rnnlab.baselines.training import answer_shape, class_counts
from rnnlab.data.batch import Batch
from rnnlab.data.dataset import Dataset
from rnnlab.models.output import Output


class Majority:
    """Answers every input, or every step, with the frequencies of the classes in training.

    Its accuracy is that of the most frequent class, its loss the cross-entropy of the frequencies.
    One is added to every count, so that no class has probability zero and the loss is finite.
    """

    name = "majority"

    def fit(self, dataset: Dataset) -> None:
        """Count the classes of the training part."""
        self._spec = dataset.spec
        counts = class_counts(dataset) + 1
        self._log_frequencies = (counts / counts.sum()).log().float()  # (K,)

    def output(self, batch: Batch) -> Output:
        """Return log-frequencies as values, ``(B, K)`` or ``(B, L, K)``."""
        return Output(self._log_frequencies.expand(*answer_shape(batch, self._spec), -1))
