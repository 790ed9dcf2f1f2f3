"""What a naive baseline is: something that answers without learning what matters."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from rnnlab.data.batch import Batch
from rnnlab.data.dataset import Dataset
from rnnlab.models.output import Output


@runtime_checkable
class Baseline(Protocol):
    """Fits on the training part and answers batches as a model would.

    Its :class:`Output` goes through the task's own :class:`rnnlab.tasks.scores.Scores`, on the same
    split, so its score is comparable to the model's by construction.

    Attributes:
        name: What it is logged under: ``baseline/<name>/<score>``.
    """

    name: str

    def fit(self, dataset: Dataset) -> None:
        """Learn what little it learns, from ``dataset.split("train")`` only."""

    def output(self, batch: Batch) -> Output:
        """Answer a batch with ``values`` like a model's, or with a ``sequence``."""
