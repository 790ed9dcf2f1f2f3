"""Contender: a run of rnnlab as ``rnnlab train`` makes it, with all that it logs by default."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from torch import Tensor

from rnnlab.bench.size import Size
from rnnlab.bench.step import data
from rnnlab.data.batch import Batch
from rnnlab.data.dataset import Dataset, Part
from rnnlab.data.spec import DataSpec
from rnnlab.data.split import Split, TensorSplit
from rnnlab.runs.execute import execute
from rnnlab.runs.train import configured, create, prepare
from rnnlab.tracking.link import read_link

_LOOK_EVERY = 100  # steps


@dataclass(frozen=True)
class _MarkedSplit(TensorSplit):
    mark: Callable[[], None] = lambda: None

    def batch(self, index: Tensor) -> Batch:
        self.mark()
        return super().batch(index)


class _Marked(Dataset):
    """A dataset that tells when a batch of its training part is asked for."""

    def __init__(self, dataset: Dataset, mark: Callable[[], None]) -> None:
        self._dataset, self._mark = dataset, mark
        self.baselines, self.season_length = dataset.baselines, dataset.season_length

    @property
    def spec(self) -> DataSpec:
        return self._dataset.spec

    def split(self, part: Part) -> Split:
        split = self._dataset.split(part)
        if part != "train":
            return split
        assert isinstance(split, TensorSplit)
        return _MarkedSplit(split.input, split.target, mark=self._mark)

    def sha256(self) -> str:
        return self._dataset.sha256()


def train(size: Size, mark: Callable[[], None], folder: Path, changes: Sequence[str] = ()) -> None:
    """Make a run and execute it; ``mark`` is called before each step, once MLflow has the run.

    Until then a thread imports MLflow and makes its database, once for a run, however long; that is
    what ``bench start`` is about.

    Args:
        size: Of model and batch.
        mark: The clock.
        folder: Where runs and MLflow's database go.
        changes: Further overrides.
    """
    config = configured([*data.overrides(size), f"output_dir={folder}", *changes])
    assembly = prepare(config)
    run = create(assembly)
    execute(run, replace(assembly, dataset=_Marked(assembly.dataset, _once_open(run.path, mark))))


def _once_open(folder: Path, mark: Callable[[], None]) -> Callable[[], None]:
    steps, is_open = 0, False

    def marks() -> None:
        nonlocal steps, is_open
        if not is_open:
            steps += 1
            if steps % _LOOK_EVERY == 0:
                link = read_link(folder)
                is_open = link is not None and link.sent > 0
        else:
            mark()

    return marks
