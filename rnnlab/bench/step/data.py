"""The data that all contenders train on: the adding problem, in memory."""

from __future__ import annotations

from torch import Tensor

from rnnlab.bench.step.size import Size
from rnnlab.data.datasets.adding import Adding
from rnnlab.data.split import TensorSplit

_EPOCH = 10_000  # steps, so that no validation comes between


def examples(size: Size) -> tuple[Tensor, Tensor]:
    """Return the inputs ``(N, T, 2)`` and targets ``(N, 1)`` of an epoch."""
    split = Adding(steps=size.steps, train_size=_EPOCH * size.batch).split("train")
    assert isinstance(split, TensorSplit)
    return split.input, split.target


def overrides(size: Size) -> list[str]:
    """Return what makes rnnlab's default experiment that of the benchmark."""
    return [
        "dataset=adding",
        f"dataset.steps={size.steps}",
        f"dataset.train_size={_EPOCH * size.batch}",
        "task=many_to_one",
        "cell=lstm",
        f"cell.hidden_size={size.hidden}",
        f"trainer.batch_size={size.batch}",
        "trainer.max_epochs=1000",
        "trainer.accelerator=cpu",
    ]
