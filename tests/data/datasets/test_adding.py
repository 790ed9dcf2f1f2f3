from typing import Any

import pytest
import torch

from rnnlab.data.dataset import Part
from rnnlab.data.datasets.adding import Adding
from rnnlab.data.generation import PARTS
from rnnlab.data.split import TensorSplit
from rnnlab.testing import DatasetContract


def small(steps: int = 11, split_seed: int = 0) -> Adding:
    return Adding(steps, train_size=2000, val_size=50, test_size=60, split_seed=split_seed)


def part(dataset: Adding, name: Part) -> TensorSplit:
    split = dataset.split(name)
    assert isinstance(split, TensorSplit)
    return split


@pytest.mark.parametrize("steps", [2, 11, 100])
def test_the_target_is_the_sum_of_one_marked_number_of_each_half(steps: int) -> None:
    split = part(small(steps), "train")
    numbers, markers = split.input.double().unbind(-1)

    assert split.input.shape == (2000, steps, 2)
    assert torch.equal(markers[:, : steps // 2].sum(1), torch.ones(2000).double())
    assert torch.equal(markers[:, steps // 2 :].sum(1), torch.ones(2000).double())
    torch.testing.assert_close((numbers * markers).sum(1), split.target[:, 0].double())
    assert numbers.min() >= 0
    assert numbers.max() <= 1
    assert (markers.sum(0) > 0).all()


def test_the_variance_of_the_sum_is_a_sixth() -> None:
    target = part(Adding(10, train_size=50_000), "train").target

    assert target.var().item() == pytest.approx(1 / 6, rel=0.03)


def test_parts_have_the_sizes_asked_for_and_differ() -> None:
    dataset = small()

    assert [len(part(dataset, name)) for name in PARTS] == [2000, 50, 60]
    assert not torch.equal(part(dataset, "val").input[:50], part(dataset, "test").input[:50])


def test_split_seed_decides_the_data_and_its_hash() -> None:
    assert small().sha256() == small().sha256()
    assert small().sha256() != small(split_seed=1).sha256()


class TestAdding(DatasetContract):
    def make_dataset(self, **arguments: Any) -> Adding:
        sizes = {"train_size": 9, "val_size": 5, "test_size": 5}
        return Adding(**{"steps": 6, **sizes, **arguments})
