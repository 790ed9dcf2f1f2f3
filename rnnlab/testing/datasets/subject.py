"""What the rules for datasets have in common: the dataset, and how its parts are read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, ClassVar

import torch
from torch import Tensor

from rnnlab.data.batch import Batch
from rnnlab.data.content import content_sha256
from rnnlab.data.dataset import Dataset, Part
from rnnlab.data.generation import PARTS
from rnnlab.data.loading import make_loader
from rnnlab.data.split import ExampleSplit, Split, StreamSplit, TensorSplit
from rnnlab.testing.rule import Contract

_MOST = 512  # examples of a part that are looked at, where they are read one by one


class DatasetSubject(Contract):
    """A dataset, made by its author's ``make_dataset``."""

    _kept: ClassVar[tuple[type, Dataset] | None] = None

    def make_dataset(self, **arguments: Any) -> Dataset:
        """Return a new dataset; ``arguments`` are constructor arguments that win over your own."""
        raise NotImplementedError("implement make_dataset(self, **arguments): return your dataset")

    def dataset(self) -> Dataset:
        """Return a dataset that rules share, for those that only read it."""
        kept = type(self)._kept
        if kept is None or kept[0] is not type(self):
            kept = type(self), self.make_dataset()
            type(self)._kept = kept
        return kept[1]


def parts(dataset: Dataset) -> dict[Part, Split]:
    """Return the three parts by name."""
    return {part: dataset.split(part) for part in PARTS}


def whole(split: Split) -> Batch:
    """Return a part as one batch; a stream as one example, of many examples the first ones.

    Raises:
        ValueError: It holds nothing.
    """
    if isinstance(split, TensorSplit):
        return Batch(split.input, split.target, split.lengths, split.target_lengths)
    if isinstance(split, StreamSplit):
        return Batch(split.input.unsqueeze(0), split.target.unsqueeze(0))
    read = list(islice(split.examples(0), _MOST))
    if not read:
        raise ValueError("no example was given")
    return split.collate(read)


def count(split: Split) -> int:
    """Return how many examples, or steps of a stream, there are; of many the first ones."""
    if isinstance(split, ExampleSplit):
        return sum(1 for _ in islice(split.examples(0), _MOST))
    return len(split)


def content(dataset: Dataset) -> str:
    """Return a hash of the examples of all parts."""
    pieces: list[str | Tensor] = []
    for part, split in parts(dataset).items():
        batch = whole(split)
        for name in ("input", "target", "lengths", "target_lengths"):
            value = getattr(batch, name)
            pieces += [f"{part} {name}", "None" if value is None else value]
    return content_sha256(*pieces)


def batches(split: Split, batch_size: int = 3) -> Iterator[Batch]:
    """Give the batches of a part as a training run reads them."""
    return iter(make_loader(split, batch_size, shuffle=False, seed=0, stream_steps=7))


def rows(split: Split) -> list[bytes]:
    """Return each example of a part as bytes, without its padding."""
    batch = whole(split)
    found = []
    for row in range(len(batch)):
        values = [_valid(batch.input, batch.lengths, row)]
        if batch.target is not None:
            stepwise = batch.lengths is not None and batch.target_lengths is None
            aligned = stepwise and batch.target.shape[1:2] == batch.input.shape[1:2]
            lengths = batch.lengths if aligned else batch.target_lengths
            values.append(_valid(batch.target, lengths, row))
        found.append(b"|".join(value.contiguous().numpy().tobytes() for value in values))
    return found


def same(a: Batch, b: Batch) -> bool:
    """Return whether two batches hold the same tensors."""
    return all(
        _equal(getattr(a, name), getattr(b, name))
        for name in ("input", "target", "lengths", "target_lengths")
    )


def _equal(a: Tensor | None, b: Tensor | None) -> bool:
    if a is None or b is None:
        return a is b
    return a.dtype == b.dtype and a.shape == b.shape and torch.equal(a.nan_to_num(), b.nan_to_num())


def _valid(values: Tensor, lengths: Tensor | None, row: int) -> Tensor:
    return values[row] if lengths is None else values[row, : int(lengths[row])]
