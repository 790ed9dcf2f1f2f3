import math
from typing import Any

import pytest
import torch

from rnnlab.data.dataset import Part
from rnnlab.data.datasets.copy_memory import CopyMemory
from rnnlab.data.generation import PARTS
from rnnlab.data.split import TensorSplit
from rnnlab.testing import DatasetContract


def part(dataset: CopyMemory, name: Part) -> TensorSplit:
    split = dataset.split(name)
    assert isinstance(split, TensorSplit)
    return split


@pytest.mark.parametrize(("delay", "copied", "symbols"), [(1, 1, 2), (7, 3, 4), (30, 10, 8)])
def test_the_layout_step_by_step(delay: int, copied: int, symbols: int) -> None:
    dataset = CopyMemory(delay, copied, symbols, train_size=40, val_size=3, test_size=4)
    blank, recall = symbols, symbols + 1

    for name, size in zip(PARTS, (40, 3, 4), strict=True):
        split = part(dataset, name)
        assert len(split) == size
        for row, target in zip(split.input.tolist(), split.target.tolist(), strict=True):
            data = row[:copied]
            assert all(symbol < symbols for symbol in data)
            assert row == data + [blank] * (delay - 1) + [recall] + [blank] * copied
            assert target == [blank] * (delay + copied) + data


def test_the_vocabularies_name_blank_and_signal() -> None:
    spec = CopyMemory(5, train_size=2, val_size=2, test_size=2).spec

    assert spec.aligned
    assert spec.input.vocabulary is not None
    assert spec.input.vocabulary.tokens == (*"12345678", "<blank>", "<recall>")
    assert spec.target.vocabulary is not None
    assert spec.target.vocabulary.tokens == (*"12345678", "<blank>")


def test_all_symbols_are_equally_likely() -> None:
    data = part(CopyMemory(2, train_size=8000), "train").input[:, :10]
    shares = data.flatten().bincount(minlength=10) / data.numel()

    standard_error = math.sqrt(1 / 8 * 7 / 8 / data.numel())
    assert (shares[:8] - 1 / 8).abs().max() < 5 * standard_error
    assert shares[8:].sum() == 0


def test_split_seed_decides_the_data_and_its_hash() -> None:
    first, again, other = (CopyMemory(3, train_size=50, split_seed=seed) for seed in (1, 1, 2))

    assert first.sha256() == again.sha256() != other.sha256()
    assert not torch.equal(part(first, "train").input, part(other, "train").input)


class TestCopyMemory(DatasetContract):
    def make_dataset(self, **arguments: Any) -> CopyMemory:
        sizes = {"train_size": 9, "val_size": 5, "test_size": 5}
        return CopyMemory(**{"delay": 3, **sizes, **arguments})
