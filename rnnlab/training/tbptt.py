"""Truncated backpropagation through time: chunks of K steps with the state carried between them.

Williams & Peng 1990. One batch of T steps becomes ceil(T / K) batches of at most K steps, each but
the first marked as continuing the one before. The training loop starts such a batch from the
detached final state of its predecessor and takes one optimizer step for it, so gradients stop at
the boundary and the state does not.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from rnnlab.data.batch import Batch
from rnnlab.data.loading import Loader


class TruncatedLoader(Loader):
    """A loader whose batches are cut along time.

    Args:
        loader: Gives batches whose targets are aligned with their inputs.
        steps: K, the most steps that a gradient goes back.
    """

    def __init__(self, loader: Loader, steps: int) -> None:
        self.loader, self.steps = loader, steps

    def batches(self) -> Iterator[Batch]:
        """Give the chunks of every batch of the epoch."""
        self.loader.epoch = self.epoch
        for batch in self.loader:
            yield from chunks(batch, self.steps)


def chunks(batch: Batch, steps: int) -> Iterator[Batch]:
    """Cut a batch with aligned targets into batches of at most ``steps`` time steps."""
    for start in range(0, batch.input.shape[1], steps):
        part = slice(start, start + steps)
        inputs = batch.input[:, part]
        lengths: Tensor | None = None
        if batch.lengths is not None:
            lengths = (batch.lengths - start).clamp(0, inputs.shape[1])
        yield Batch(
            input=inputs,
            target=None if batch.target is None else batch.target[:, part],
            lengths=lengths,
            reset=None if batch.reset is None else batch.reset[:, part],
            continues=batch.continues or start > 0,
        )
