"""Measure a model on the parts of its data."""

from __future__ import annotations

import torch

from rnnlab.data.dataset import Part
from rnnlab.data.loading import Loader, make_loader
from rnnlab.runs.assemble import Assembly
from rnnlab.training.evaluation import evaluate

_PARTS: tuple[Part, ...] = ("train", "val", "test")


def loader(assembly: Assembly, part: Part) -> Loader:
    """Return the loader that a part is measured with: in order, without shuffling."""
    trainer = assembly.config.trainer
    size = trainer.batch_size if assembly.spec.stream else trainer.eval_batch_size
    return make_loader(
        assembly.dataset.split(part),
        int(size),
        shuffle=False,
        seed=int(assembly.config.seed),
        stream_steps=int(trainer.stream_steps),
        num_workers=int(trainer.num_workers),
    )


def scores(assembly: Assembly, device: torch.device) -> dict[str, dict[str, float]]:
    """Return the scores of the model on all parts.

    Of the training part no more batches are read than the test part has, taken at random where the
    data is in memory: enough to compare, and quick where the training part is large.
    """
    limits = assembly.config.trainer
    found: dict[str, dict[str, float]] = {}
    test_batches = None
    for part in reversed(_PARTS):
        batches = loader(assembly, part)
        limit = limits.limit_test_batches if part == "test" else limits.limit_val_batches
        most = int(limit) if isinstance(limit, int) else None
        if part == "train":
            most = test_batches if most is None else most
            if hasattr(batches, "shuffle"):
                batches.shuffle = True
        elif part == "test" and hasattr(batches, "__len__"):
            test_batches = len(batches)
        found[part] = evaluate(
            assembly.model, assembly.task, batches, device=device, max_batches=most
        )
    return {part: found[part] for part in _PARTS}
