from typing import Any

import pytest
import torch

from rnnlab.data.dataset import Part
from rnnlab.data.datasets.parity import Parity
from rnnlab.data.generation import PARTS
from rnnlab.data.split import TensorSplit
from rnnlab.errors import ConfigError
from rnnlab.testing import DatasetContract


def part(dataset: Parity, name: Part) -> TensorSplit:
    split = dataset.split(name)
    assert isinstance(split, TensorSplit)
    return split


@pytest.mark.parametrize("steps", [1, 2, 13])
def test_the_target_is_the_exclusive_or_of_the_bits_so_far(steps: int) -> None:
    running = Parity(steps, train_size=30, val_size=20, test_size=10)
    last = Parity(steps, "last", train_size=30, val_size=20, test_size=10)

    for name, size in zip(PARTS, (30, 20, 10), strict=True):
        bits = part(running, name).input
        assert bits.shape == (size, steps)
        for row, bit_row in enumerate(bits.tolist()):
            parity = 0
            for t, bit in enumerate(bit_row):
                parity ^= bit
                assert part(running, name).target[row, t] == parity
            assert part(last, name).target[row] == parity
        assert torch.equal(bits, part(last, name).input)


def test_bits_are_fair() -> None:
    bits = part(Parity(10, train_size=5000), "train").input.double()

    assert bits.mean().item() == pytest.approx(0.5, abs=5 * 0.5 / 50_000**0.5)


def test_the_spec_and_the_baseline_follow_the_target() -> None:
    running, last = Parity(train_size=5), Parity(target="last", train_size=5)

    assert (running.spec.aligned, running.spec.target.sequence) == (True, True)
    assert (last.spec.aligned, last.spec.target.sequence) == (False, False)
    assert (running.baselines, last.baselines) == (("memoryless",), ("majority",))


def test_a_mistyped_target_gets_the_nearest_one() -> None:
    with pytest.raises(ConfigError, match=r"dataset\.target=lst: unknown; did you mean last\?"):
        Parity(target="lst")


def test_split_seed_decides_the_data_and_its_hash() -> None:
    first, again, other = (Parity(8, train_size=50, split_seed=seed) for seed in (1, 1, 2))

    assert first.sha256() == again.sha256() != other.sha256()


class TestParity(DatasetContract):
    def make_dataset(self, **arguments: Any) -> Parity:
        sizes = {"train_size": 9, "val_size": 5, "test_size": 5}
        return Parity(**{"steps": 20, **sizes, **arguments})
