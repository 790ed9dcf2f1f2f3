"""The parts of a dataset, and how each gives a batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from torch import Tensor

from rnnlab.data.batch import Batch


@dataclass(frozen=True)
class TensorSplit:
    """Examples held in memory as padded tensors; a batch is made by indexing them.

    Args:
        input: ``(N, ...)``, see :class:`rnnlab.data.batch.Batch`.
        target: ``(N, ...)``.
        lengths: ``(N,)`` int64, or None when every example fills all steps.
        target_lengths: ``(N,)`` int64, or None.
    """

    input: Tensor
    target: Tensor
    lengths: Tensor | None = None
    target_lengths: Tensor | None = None

    def __len__(self) -> int:
        return self.input.shape[0]

    def first(self, count: int) -> TensorSplit:
        """Return the first ``count`` examples, or all where there are no more."""
        lengths = None if self.lengths is None else self.lengths[:count]
        target_lengths = None if self.target_lengths is None else self.target_lengths[:count]
        return TensorSplit(self.input[:count], self.target[:count], lengths, target_lengths)

    def batch(self, index: Tensor) -> Batch:
        """Return the examples at ``index`` ``(B,)``, cut to the longest among them."""
        # Half the time of indexing by brackets.
        inputs, targets = self.input.index_select(0, index), self.target.index_select(0, index)
        lengths = None if self.lengths is None else self.lengths[index]
        target_lengths = None if self.target_lengths is None else self.target_lengths[index]
        if lengths is not None:
            longest = max(1, int(lengths.max()))
            # A real vector (B, D) has no steps, even where D happens to equal T.
            steps = targets.ndim - (1 if targets.is_floating_point() else 0) > 1
            aligned = steps and target_lengths is None and targets.shape[1] == inputs.shape[1]
            inputs = inputs[:, :longest]
            targets = targets[:, :longest] if aligned else targets
        if target_lengths is not None:
            targets = targets[:, : max(1, int(target_lengths.max()))]
        return Batch(inputs, targets, lengths, target_lengths)


@dataclass(frozen=True)
class StreamSplit:
    """One long sequence, read as B tracks side by side that continue from batch to batch.

    Args:
        input: ``(N,)`` tokens or ``(N, F)`` reals.
        target: ``(N,)`` or ``(N, D)``, aligned with the input.
    """

    input: Tensor
    target: Tensor

    def __len__(self) -> int:
        return self.input.shape[0]


@dataclass(frozen=True)
class ExampleSplit:
    """Examples that are too many for memory, read one by one through a DataLoader.

    Args:
        examples: Called once an epoch with the epoch's number; yields batches of one example.
        collate: Pads a list of such single examples to one batch.
    """

    examples: Callable[[int], Iterator[Batch]]
    collate: Callable[[list[Batch]], Batch]


Split = TensorSplit | StreamSplit | ExampleSplit
