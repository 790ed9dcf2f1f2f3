"""One process's share of every batch, where several train together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

from torch import Tensor

from rnnlab.data.batch import Batch
from rnnlab.data.loading import Loader


class SharedLoader(Loader):
    """Every ``processes``-th row of each batch, beginning with row ``rank``.

    All processes read the same batches in the same order and padded alike, so that together they
    see what one process would see.

    Args:
        loader: Gives whole batches.
        rank: Which share, from 0.
        processes: How many shares.
    """

    def __init__(self, loader: Loader, rank: int, processes: int) -> None:
        self.loader, self.rank, self.processes = loader, rank, processes
        self.carries = loader.carries

    def batches(self) -> Iterator[Batch]:
        """Give the share of each batch of the epoch."""
        self.loader.epoch = self.epoch
        for batch in self.loader:
            yield share(batch, self.rank, self.processes)


class SizedSharedLoader(SharedLoader):
    """The same for a loader that knows how many batches it has."""

    def __len__(self) -> int:
        return len(self.loader)  # type: ignore[arg-type]


def shared(loader: Loader, rank: int, processes: int) -> Loader:
    """Return a loader of one process's shares, or the loader itself where there is one process."""
    if processes == 1:
        return loader
    kind = SizedSharedLoader if hasattr(loader, "__len__") else SharedLoader
    return kind(loader, rank, processes)


def share(batch: Batch, rank: int, processes: int) -> Batch:
    """Return rows ``rank``, ``rank + processes``, … of a batch; they share one padding.

    A process whose share is empty gets the first row once more, marked as surplus, for it must
    still take part in the step.
    """
    rows = slice(rank, None, processes)
    surplus = rank >= len(batch)
    if surplus:
        rows = slice(0, 1)
    cut: dict[str, Any] = {
        field.name: value[rows]
        for field in fields(batch)
        if isinstance(value := getattr(batch, field.name), Tensor)
    }
    return replace(batch, **cut, surplus=surplus)
