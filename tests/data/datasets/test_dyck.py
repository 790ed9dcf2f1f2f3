from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.data.dataset import Part
from rnnlab.data.datasets.dyck import Dyck
from rnnlab.data.generation import PARTS
from rnnlab.data.split import TensorSplit
from rnnlab.errors import ConfigError
from rnnlab.testing import DatasetContract


def part(dataset: Dyck, name: Part) -> TensorSplit:
    split = dataset.split(name)
    assert isinstance(split, TensorSplit)
    assert split.lengths is not None
    return split


@settings(deadline=None, max_examples=20)
@given(
    kinds=st.integers(1, 4),
    max_depth=st.integers(1, 4),
    min_length=st.integers(1, 10),
    longer=st.integers(1, 12),
    split_seed=st.integers(0, 5),
)
def test_words_are_well_nested_and_targets_name_what_closes(
    kinds: int, max_depth: int, min_length: int, longer: int, split_seed: int
) -> None:
    max_length = min_length + longer
    dataset = Dyck(
        kinds, max_depth, min_length, max_length, 20, val_size=5, test_size=5, split_seed=split_seed
    )
    brackets, closes = dataset.spec.input.vocabulary, dataset.spec.target.vocabulary
    assert brackets is not None
    assert closes is not None
    for name in PARTS:
        split = part(dataset, name)
        for row in range(len(split)):
            assert split.lengths is not None
            length = int(split.lengths[row])
            assert min_length <= length <= max_length
            stack: list[str] = []
            for token, target in zip(
                split.input[row, :length].tolist(), split.target[row, :length].tolist(), strict=True
            ):
                side, kind = brackets.tokens[token][0], brackets.tokens[token][1:]
                if side == "(":
                    stack.append(kind)
                else:
                    assert stack.pop() == kind
                assert len(stack) <= max_depth
                assert closes.tokens[target] == (f"){stack[-1]}" if stack else "none")
            assert not stack
            assert not split.input[row, length:].any()


def test_lengths_depths_and_kinds_are_all_used() -> None:
    split = part(Dyck(kinds=3, max_depth=3, min_length=3, max_length=13, train_size=2000), "train")

    assert split.lengths is not None
    assert set(split.lengths.tolist()) == {4, 6, 8, 10, 12}
    assert set(split.input.flatten().tolist()) == set(range(6))
    shares = split.lengths.bincount()[4::2] / len(split)
    assert shares.tolist() == pytest.approx([0.2] * 5, abs=5 * (0.2 * 0.8 / 2000) ** 0.5)


def test_the_kind_around_a_closed_bracket_is_uniform() -> None:
    split = part(Dyck(kinds=2, train_size=4000), "train")
    closing = (split.input >= 2) & (split.target > 0)

    for closed in (2, 3):
        around = split.target[closing & (split.input == closed)]
        share = (around == 1).double().mean().item()
        assert share == pytest.approx(0.5, abs=5 * 0.5 / len(around) ** 0.5)


def test_bounds_without_an_even_length_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"dataset\.max_length=7: no even length .* min_length=7"):
        Dyck(min_length=7, max_length=7)


def test_split_seed_decides_the_data_and_its_hash() -> None:
    first, again, other = (Dyck(train_size=50, split_seed=seed) for seed in (1, 1, 2))

    assert first.sha256() == again.sha256() != other.sha256()


class TestDyck(DatasetContract):
    shared_examples = "there are so few short words that they come up in several parts"

    def make_dataset(self, **arguments: Any) -> Dyck:
        sizes = {"train_size": 9, "val_size": 5, "test_size": 5}
        return Dyck(**{**sizes, **arguments})
