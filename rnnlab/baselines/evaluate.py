"""The scores of a dataset's baselines, by the code that scores models."""

from __future__ import annotations

import torch

from rnnlab.baselines.base import Baseline
from rnnlab.baselines.registry import default_baselines, make_baseline
from rnnlab.data.dataset import Dataset
from rnnlab.data.loading import make_loader
from rnnlab.tasks.base import Task

_MAX_VALUES = 2**24  # of a chunk of a stream, so that large vocabularies fit in memory


def evaluate_baselines(
    dataset: Dataset, task: Task, batch_size: int = 256
) -> dict[str, dict[str, float]]:
    """Fit each baseline of a dataset on train, and score it on test.

    Args:
        dataset: Its ``baselines`` are names or objects; None means by the kind of its target.
        task: Whose scores are used.
        batch_size: B, the number of tracks where the dataset is a stream.

    Returns:
        For each baseline, by name, its scores by name.

    Raises:
        ConfigError: A name is not known, or a baseline does not fit the data.
    """
    results = {}
    for baseline in dataset_baselines(dataset):
        baseline.fit(dataset)
        scores = task.scores(dataset.spec)
        loader = make_loader(
            dataset.split("test"),
            batch_size,
            shuffle=False,
            seed=0,
            stream_steps=max(1, _MAX_VALUES // (batch_size * dataset.spec.target.size)),
        )
        with torch.inference_mode():
            for batch in loader:
                scores.update(baseline.output(batch), batch)
        results[baseline.name] = scores.compute()
    return results


def dataset_baselines(dataset: Dataset) -> list[Baseline]:
    """Return the baselines of a dataset, not fitted."""
    chosen = dataset.baselines
    if chosen is None:
        chosen = default_baselines(dataset.spec)
    return [make_baseline(item) if isinstance(item, str) else item for item in chosen]
