"""The data that all contenders train on: the adding problem, in memory."""

from __future__ import annotations

from torch import Tensor

from rnnlab.bench.size import Size
from rnnlab.data.datasets.adding import Adding
from rnnlab.data.split import TensorSplit

_EPOCH = 10_000  # steps, so that no validation comes between


def examples(size: Size) -> tuple[Tensor, Tensor]:
    """Return the inputs ``(N, T, 2)`` and targets ``(N, 1)`` of an epoch."""
    split = Adding(steps=size.T, train_size=_EPOCH * size.B).split("train")
    assert isinstance(split, TensorSplit)
    return split.input, split.target


def overrides(size: Size) -> list[str]:
    """Return what makes rnnlab's default experiment that of the benchmark."""
    return [
        "dataset=adding",
        f"dataset.steps={size.T}",
        f"dataset.train_size={_EPOCH * size.B}",
        "task=many_to_one",
        "cell=lstm",
        f"cell.hidden_size={size.H}",
        f"trainer.batch_size={size.B}",
        "trainer.max_epochs=1000",
        "trainer.accelerator=cpu",
    ]
