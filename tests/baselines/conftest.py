from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from rnnlab.data.dataset import Dataset, Part
from rnnlab.data.spec import DataSpec
from rnnlab.data.split import Split, TensorSplit


@dataclass
class Given(Dataset):
    """A dataset of the splits that a test gives."""

    data_spec: DataSpec
    splits: dict[Part, Split]
    baselines: tuple[Any, ...] | None = None
    season_length: int | None = None
    asked_for: list[Part] = field(default_factory=list)

    @property
    def spec(self) -> DataSpec:
        return self.data_spec

    def split(self, part: Part) -> Split:
        self.asked_for.append(part)
        return self.splits[part]

    def sha256(self) -> str:
        return ""


@pytest.fixture
def given() -> Callable[..., Given]:
    """Make a dataset from a spec and its training split, and the test split where one is needed."""

    def make(spec: DataSpec, train: Split, test: Split | None = None, **attributes: Any) -> Given:
        splits: dict[Part, Split] = {"train": train}
        if test is not None:
            splits["test"] = test
        return Given(spec, splits, **attributes)

    return make


@pytest.fixture(scope="session")
def arrays() -> Callable[[Dataset, Part], tuple[np.ndarray, np.ndarray, np.ndarray | None]]:
    """Read one part as numpy: inputs, targets and the lengths of the inputs."""

    def read(dataset: Dataset, part: Part) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        split = dataset.split(part)
        assert isinstance(split, TensorSplit)
        lengths = None if split.lengths is None else split.lengths.numpy()
        return split.input.numpy(), split.target.numpy(), lengths

    return read
