from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch

from rnnlab.data.dataset import Part
from rnnlab.data.datasets.arrays import Arrays
from rnnlab.data.spec import DataSpec
from rnnlab.errors import ConfigError, DataError
from rnnlab.testing import DatasetContract

PARTS: tuple[Part, ...] = ("train", "val", "test")
N = 30


def write(folder: Path, **arrays: np.ndarray) -> str:
    np.savez(folder / "a.npz", **arrays)
    return str(folder / "a.npz")


def numbered(*shape: int) -> np.ndarray:
    """Return ``(N, …)`` in which every number of example n is n."""
    return np.broadcast_to(np.arange(N, dtype=float).reshape(N, *[1] * len(shape)), (N, *shape))


def test_input_and_target_stay_together_whatever_the_split(tmp_path: Path) -> None:
    path = write(tmp_path, x=numbered(4, 2), y=numbered())
    dataset = Arrays(path, scale=False)
    seen = []
    for part in PARTS:
        split = dataset.split(part)
        assert torch.equal(split.input[:, 0, 0], split.target[:, 0])
        seen += split.target[:, 0].tolist()
    assert sorted(seen) == list(range(N))
    assert [len(dataset.split(part)) for part in PARTS] == [21, 3, 6]
    other = Arrays(path, scale=False, split_seed=1)
    assert not torch.equal(dataset.split("test").target, other.split("test").target)


def test_order_can_be_kept(tmp_path: Path) -> None:
    dataset = Arrays(write(tmp_path, x=numbered(4, 2), y=numbered()), scale=False, shuffle=False)
    assert dataset.split("test").target[:, 0].tolist() == [24, 25, 26, 27, 28, 29]


def test_classes_keep_their_proportions(tmp_path: Path) -> None:
    dataset = Arrays(write(tmp_path, x=numbered(4, 2), y=np.arange(N) % 3))
    assert torch.bincount(dataset.split("test").target).tolist() == [2, 2, 2]
    assert dataset.spec.target.size == 3


@pytest.mark.parametrize(
    ("arrays", "aligned", "lengths"),
    [
        ({"x": numbered(4).astype(int), "y": np.arange(N) % 2}, False, (False, False)),
        ({"x": numbered(4, 2), "y": numbered(4, 1)}, True, (False, False)),
        ({"x": numbered(4, 2), "y": np.arange(4 * N).reshape(N, 4) % 3}, True, (False, False)),
        (
            {
                "x": numbered(4, 2),
                "y": np.arange(4 * N).reshape(N, 4) % 3,
                "target_lengths": np.full(N, 2),
            },
            False,
            (False, True),
        ),
        ({"x": numbered(4, 2), "y": numbered(3, 1), "lengths": np.full(N, 4)}, False, (True, True)),
        ({"x": numbered(3), "y": np.arange(2 * N).reshape(N, 2)}, False, (False, True)),
        ({"x": np.zeros((N, 8, 8), np.uint8), "y": numbered()}, False, (False, False)),
        (
            {"x": numbered(2, 3, 4, 4), "y": np.arange(N) % 2, "lengths": np.full(N, 1)},
            False,
            (True, False),
        ),
    ],
)
def test_every_kind_makes_a_batch_that_fits_its_spec(
    tmp_path: Path, arrays: dict[str, np.ndarray], aligned: bool, lengths: tuple[bool, bool]
) -> None:
    dataset = Arrays(write(tmp_path, **arrays))
    spec = dataset.spec
    assert DataSpec.from_dict(spec.to_dict()) == spec
    assert spec.aligned == aligned
    batch = dataset.split("train").batch(torch.arange(5))
    assert (batch.lengths is not None, batch.target_lengths is not None) == lengths
    for field, values in ((spec.input, batch.input), (spec.target, batch.target)):
        assert values is not None
        assert values.shape[0] == 5
        if field.kind == "tokens":
            assert values.dtype == torch.int64
            assert 0 <= int(values.min()) <= int(values.max()) < field.size
            assert values.ndim == 1 + field.sequence
        else:
            assert values.dtype == torch.float32
            assert values.ndim == 1 + field.sequence + len(field.shape or (0,))
            assert values.isfinite().all()


def test_what_lies_beyond_the_lengths_never_matters(tmp_path: Path) -> None:
    x, y = numbered(4, 2).copy(), np.arange(4 * N).reshape(N, 4) % 3
    lengths = np.arange(N) % 4 + 1
    clean = Arrays(write(tmp_path, x=x, y=y, lengths=lengths))
    beyond = np.arange(4)[None] >= lengths[:, None]
    x[beyond], y[beyond] = np.nan, -100
    dirty = Arrays(write(tmp_path, x=x, y=y, lengths=lengths))
    for part in PARTS:
        assert torch.equal(dirty.split(part).input, clean.split(part).input)
        assert torch.equal(dirty.split(part).target, clean.split(part).target)
    assert dirty.spec == clean.spec


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": numbered(4), "y": np.zeros(3)}, "x has 30 examples and y has 3"),
        ({"x": numbered(4), "label": np.zeros(N)}, "unknown array 'label'"),
        ({"x": numbered(4), "y": numbered(), "lengths": np.ones(N, int)}, "x, which has no steps"),
        (
            {"x": numbered(4, 1), "y": numbered(), "target_lengths": np.ones(N, int)},
            "y, which has no steps",
        ),
        ({"x": numbered(4, 1), "y": numbered(), "lengths": np.full(N, 5)}, r"lengths\[0\] is 5"),
        ({"x": numbered(4, 1) + np.inf, "y": numbered()}, r"x\[0, 0, 0\] is inf"),
        ({"x": np.zeros((N, 0, 2)), "y": numbered()}, "an axis has length 0"),
        ({"x": numbered(4)[:2], "y": numbered()[:2]}, "too few"),
    ],
)
def test_arrays_that_cannot_be_used_are_named(
    tmp_path: Path, arrays: dict[str, np.ndarray], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        Arrays(write(tmp_path, **arrays))


@pytest.mark.parametrize("shuffle", [True, False])
def test_too_few_examples_for_three_parts(tmp_path: Path, shuffle: bool) -> None:
    with pytest.raises(ConfigError, match=r"too few|leave nothing"):
        Arrays(write(tmp_path, x=numbered(4)[:3], y=numbered()[:3]), shuffle=shuffle)


@pytest.mark.usefixtures("folder")
class TestArrays(DatasetContract):
    folder: Path
    reads = True
    unseen_arguments: ClassVar = {"path": "make_other_dataset reads another file"}
    other_values: ClassVar = {"input_kind": "vector", "target_kind": "vector"}

    def make_dataset(self, **arguments: Any) -> Arrays:
        return self.read(0, **arguments)

    def make_other_dataset(self) -> Arrays:
        return self.read(1)

    def read(self, shift: int, **arguments: Any) -> Arrays:
        x, y = np.arange(4.0 * N).reshape(N, 4), (np.arange(N) + shift) % 3
        return Arrays(write(self.folder, x=x, y=y), **{"input_kind": "sequence", **arguments})
