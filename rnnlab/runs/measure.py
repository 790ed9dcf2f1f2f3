"""Measure a model on the parts of its data."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from rnnlab.data.batch import Batch
from rnnlab.data.dataset import Part
from rnnlab.data.loading import Loader, make_loader
from rnnlab.errors import ConfigError
from rnnlab.runs.assemble import Assembly
from rnnlab.training.evaluation import evaluate


def loader(assembly: Assembly, part: Part, *, shuffle: bool = False) -> Loader:
    """Return the loader that a part is measured with, in order unless ``shuffle``."""
    trainer = assembly.config.trainer
    size = trainer.batch_size if assembly.spec.stream else trainer.eval_batch_size
    return make_loader(
        assembly.dataset.split(part),
        int(size),
        shuffle=shuffle,
        seed=int(assembly.config.seed),
        stream_steps=int(trainer.stream_steps),
        num_workers=int(trainer.num_workers),
    )


def probe_batch(assembly: Assembly, sequences: int, part: Part = "val") -> Batch:
    """Return the first sequences of a part, what is looked at inside the network.

    Fewer where the first batch of the part, or the whole of it, has fewer.
    """
    return next(iter(loader(assembly, part))).first(sequences)


def scores(assembly: Assembly, device: torch.device) -> dict[str, dict[str, float]]:
    """Return the scores of the model on all parts.

    Of the training part no more batches are read than of the test part, taken at random where the
    data is in memory: enough to compare, and quick where the training part is large.

    Raises:
        ConfigError: A share of the batches is wanted of data whose length is not known.
    """

    def score(batches: Loader | _Counted, most: int | None) -> dict[str, float]:
        return evaluate(assembly.model, assembly.task, batches, device=device, max_batches=most)

    test = _Counted(loader(assembly, "test"))
    val = loader(assembly, "val")
    on_test = score(test, most_batches(assembly, "test", test.loader))
    on_val = score(val, most_batches(assembly, "val", val))
    on_train = score(loader(assembly, "train", shuffle=True), test.count)
    return {"train": on_train, "val": on_val, "test": on_test}


class _Counted:
    """Counts the batches that are read: a stream from a file does not know its length."""

    def __init__(self, loader: Loader) -> None:
        self.loader, self.count = loader, 0

    def __iter__(self) -> Iterator[Batch]:
        for batch in self.loader:
            self.count += 1
            yield batch


def most_batches(assembly: Assembly, part: Part, batches: Loader) -> int | None:
    """Return how many batches ``trainer.limit_…_batches`` allows: a number of them or a share.

    Raises:
        ConfigError: The share is less than one batch, or of data whose length is not known.
    """
    name = f"limit_{part}_batches"
    limit: int | float | None = assembly.config.trainer[name]
    if limit is None or isinstance(limit, int):
        return limit
    if limit == 1:
        return None
    if not hasattr(batches, "__len__"):
        why = "must be a whole number: of data that is read while training no share is known"
        raise ConfigError(why, key=f"trainer.{name}", value=limit)
    if limit > 0 and int(limit * len(batches)) == 0:
        why = f"is less than one batch: there are {len(batches)}"
        raise ConfigError(why, key=f"trainer.{name}", value=limit)
    return int(limit * len(batches))
