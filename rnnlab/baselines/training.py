"""What baselines learn from, and the shape of what they answer."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from rnnlab.data.batch import UNCOUNTED, Batch
from rnnlab.data.dataset import Dataset
from rnnlab.data.loading import make_loader
from rnnlab.data.spec import DataSpec
from rnnlab.data.split import StreamSplit
from rnnlab.tasks.steps import target_lengths, target_of, valid_rows


def training_batches(dataset: Dataset) -> Iterator[Batch]:
    """Give the training part once, in its own order."""
    split = dataset.split("train")
    # Side by side, the tracks of a stream would leave out its last steps.
    size = 1 if isinstance(split, StreamSplit) else 1024
    yield from make_loader(split, size, shuffle=False, seed=0, stream_steps=2**16)


def valid_targets(batch: Batch, spec: DataSpec) -> Tensor:
    """Return the targets of a batch without padding: ``(N,)`` or ``(N, D)``.

    Of classes, some may be :data:`rnnlab.data.batch.UNCOUNTED`.
    """
    lengths = target_lengths(batch, spec.aligned)
    return valid_rows(target_of(batch), lengths, spec.target.sequence)


def class_counts(dataset: Dataset) -> Tensor:
    """Return how often each of the K classes is a valid target of the training part, ``(K,)``."""
    counts = torch.zeros(dataset.spec.target.size, dtype=torch.float64)
    for batch in training_batches(dataset):
        targets = valid_targets(batch, dataset.spec)
        targets = targets[targets != UNCOUNTED]
        counts += targets.bincount(minlength=len(counts))
    return counts


def answer_shape(batch: Batch, spec: DataSpec) -> tuple[int, ...]:
    """Return ``(B,)``, or ``(B, L)`` when there is an answer for every step of the target."""
    if not spec.target.sequence:
        return (len(batch),)
    return (len(batch), batch.input.shape[1] if spec.aligned else target_of(batch).shape[1])
