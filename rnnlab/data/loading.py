"""Loaders: iterables that give the batches of one part, epoch by epoch.

What an epoch gives is a function of (seed, epoch) alone, never of how often a loader was read, so
that a resumed run sees the order that an uninterrupted one would have seen.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from itertools import islice

import torch
from torch.utils.data import DataLoader, IterableDataset

from rnnlab.data.batch import Batch
from rnnlab.data.split import ExampleSplit, Split, StreamSplit, TensorSplit


class Loader(ABC):
    """An iterable of batches.

    Attributes:
        epoch: Which epoch the next iteration gives; set before each epoch by the training loop.
        start: An epoch, and how many of its first batches an iteration leaves out: a resumed run
            has trained on them already.
        carries: Whether a batch may continue the one before, so that its final state is kept.
    """

    epoch: int = 0
    start: tuple[int, int] = (0, 0)
    carries: bool = True

    def __iter__(self) -> Iterator[Batch]:
        """Give the batches of the epoch that are left."""
        epoch, done = self.start
        return islice(self.batches(), done if epoch == self.epoch else 0, None)

    @abstractmethod
    def batches(self) -> Iterator[Batch]:
        """Give all batches of the epoch."""


class TensorLoader(Loader):
    """Batches of examples held in memory, made by indexing tensors: no work per example.

    Args:
        split: The examples.
        batch_size: B; the last batch of an epoch may be smaller.
        shuffle: Whether the order changes from epoch to epoch.
        seed: Decides the orders.
    """

    carries = False

    def __init__(self, split: TensorSplit, batch_size: int, *, shuffle: bool, seed: int) -> None:
        self.split, self.batch_size, self.shuffle, self.seed = split, batch_size, shuffle, seed

    def __len__(self) -> int:
        return -(-len(self.split) // self.batch_size)

    def batches(self) -> Iterator[Batch]:
        """Give the examples of the epoch in its order."""
        order = torch.arange(len(self.split))
        if self.shuffle:
            generator = torch.Generator().manual_seed(_mix(self.seed, self.epoch))
            order = torch.randperm(len(self.split), generator=generator)
        for index in order.split(self.batch_size):
            yield self.split.batch(index)


class StreamLoader(Loader):
    """Chunks of one long sequence, read as B tracks side by side; each continues the one before.

    The sequence is cut into B tracks of equal length. Up to B - 1 steps at its end are not read.

    Args:
        split: The sequence.
        batch_size: B, the number of tracks; fewer when the sequence is shorter than B steps.
        steps: T, the length of a chunk; the last one of an epoch may be shorter.
    """

    def __init__(self, split: StreamSplit, batch_size: int, *, steps: int) -> None:
        self.batch_size = max(1, min(batch_size, len(split)))
        self.steps = steps
        self.track = len(split) // self.batch_size
        used = self.track * self.batch_size
        shape = (self.batch_size, self.track)
        self.input = split.input[:used].reshape(*shape, *split.input.shape[1:])
        self.target = split.target[:used].reshape(*shape, *split.target.shape[1:])

    def __len__(self) -> int:
        return -(-self.track // self.steps)

    def batches(self) -> Iterator[Batch]:
        """Give the chunks in their order, the same in every epoch."""
        for start in range(0, self.track, self.steps):
            chunk = slice(start, start + self.steps)
            yield Batch(self.input[:, chunk], self.target[:, chunk], continues=start > 0)


class ExampleLoader(Loader):
    """Batches of examples that are read while training, by worker processes if wanted.

    Args:
        split: Where the examples come from.
        batch_size: B; the last batch of an epoch, or of each process, may be smaller.
        num_workers: Processes that read; each takes every ``num_workers``-th example.
        seed: Decides what random numbers those processes draw, where a dataset draws any.
    """

    def __init__(
        self, split: ExampleSplit, batch_size: int, *, num_workers: int = 0, seed: int = 0
    ) -> None:
        self.split, self.batch_size, self.num_workers = split, batch_size, num_workers
        self.seed = seed

    def batches(self) -> Iterator[Batch]:
        """Give the examples of the epoch in the order of their source."""
        loader = DataLoader(
            _Examples(self.split, self.epoch),
            batch_size=self.batch_size,
            num_workers=self.num_workers,
            collate_fn=self.split.collate,
            # Without one of its own it draws from the generator that dropout draws from.
            generator=torch.Generator().manual_seed(_mix(self.seed, self.epoch)),
        )
        yield from loader


class _Examples(IterableDataset[Batch]):
    def __init__(self, split: ExampleSplit, epoch: int) -> None:
        self.split, self.epoch = split, epoch

    def __iter__(self) -> Iterator[Batch]:
        worker = torch.utils.data.get_worker_info()
        first, every = (0, 1) if worker is None else (worker.id, worker.num_workers)
        for number, example in enumerate(self.split.examples(self.epoch)):
            if number % every == first:
                yield example


def make_loader(
    split: Split,
    batch_size: int,
    *,
    shuffle: bool,
    seed: int,
    stream_steps: int = 100,
    num_workers: int = 0,
) -> Loader:
    """Return the loader for a split.

    Args:
        split: The part to read.
        batch_size: B.
        shuffle: Whether the order of examples changes each epoch; streams keep theirs.
        seed: Decides the orders.
        stream_steps: T of the chunks of a stream.
        num_workers: Processes for examples that are not in memory.
    """
    if isinstance(split, TensorSplit):
        return TensorLoader(split, batch_size, shuffle=shuffle, seed=seed)
    if isinstance(split, StreamSplit):
        return StreamLoader(split, batch_size, steps=stream_steps)
    return ExampleLoader(split, batch_size, num_workers=num_workers, seed=seed)


def _mix(seed: int, epoch: int) -> int:
    # Two small numbers must not meet in the same generator: (1, 0) and (0, 1) differ.
    return (seed * 1_000_003 + epoch) % 2**63
