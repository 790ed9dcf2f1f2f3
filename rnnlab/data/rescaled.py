"""A dataset in the scale of another: other data for a model that was trained on some."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from torch import Tensor

from rnnlab.data.batch import Batch
from rnnlab.data.dataset import Dataset, Part
from rnnlab.data.scaler import Scaler
from rnnlab.data.spec import DataSpec
from rnnlab.data.split import ExampleSplit, Split


class Rescaled(Dataset):
    """The same examples, their reals scaled as a model was taught to read them.

    A scaler is fitted to the training part of its own dataset; of other data the same number
    stands for another value, and scores in the units of the data would be in no units at all.

    Args:
        dataset: The data.
        spec: What the model was trained on; of the same kinds and sizes.
    """

    def __init__(self, dataset: Dataset, spec: DataSpec) -> None:
        self._dataset, self._spec = dataset, spec
        self.baselines, self.season_length = dataset.baselines, dataset.season_length

    @property
    def spec(self) -> DataSpec:
        """What the model was trained on."""
        return self._spec

    def split(self, part: Part) -> Split:
        """Return the examples of one part, rescaled where the scalers differ."""
        split, rescale = self._dataset.split(part), _Rescale(self._dataset.spec, self._spec)
        if rescale.changes_nothing:
            return split
        if isinstance(split, ExampleSplit):
            return replace(split, examples=_RescaledExamples(split, rescale))
        return replace(split, input=rescale.input(split.input), target=rescale.target(split.target))

    def sha256(self) -> str:
        """Return the hash of the data."""
        return self._dataset.sha256()


@dataclass(frozen=True)
class _Rescale:
    before: DataSpec
    after: DataSpec

    @property
    def changes_nothing(self) -> bool:
        sides = ((self.before.input, self.after.input), (self.before.target, self.after.target))
        return all(one.scaler == other.scaler for one, other in sides)

    def input(self, values: Tensor) -> Tensor:
        return _rescaled(values, self.before.input.scaler, self.after.input.scaler)

    def target(self, values: Tensor) -> Tensor:
        return _rescaled(values, self.before.target.scaler, self.after.target.scaler)


@dataclass(frozen=True)
class _RescaledExamples:
    split: ExampleSplit
    rescale: _Rescale

    def __call__(self, epoch: int) -> Iterator[Batch]:
        for example in self.split.examples(epoch):
            target = None if example.target is None else self.rescale.target(example.target)
            yield replace(example, input=self.rescale.input(example.input), target=target)


def _rescaled(values: Tensor, before: Scaler | None, after: Scaler | None) -> Tensor:
    if before == after or not values.is_floating_point():
        return values
    in_units = values.double() if before is None else before.inverse(values.double())
    return (in_units if after is None else after.transform(in_units)).to(values.dtype)
