from typing import Any

import pytest

from rnnlab.data.dataset import Part
from rnnlab.data.datasets.anbn import AnBn
from rnnlab.data.generation import PARTS
from rnnlab.data.split import TensorSplit
from rnnlab.errors import ConfigError
from rnnlab.testing import DatasetContract


def words(dataset: AnBn, name: Part) -> list[tuple[str, list[str]]]:
    """Each word as text, with the names of its targets."""
    split = dataset.split(name)
    assert isinstance(split, TensorSplit)
    assert split.lengths is not None
    letters, nexts = dataset.spec.input.vocabulary, dataset.spec.target.vocabulary
    assert letters is not None
    assert nexts is not None
    return [
        (
            "".join(letters.tokens[token] for token in split.input[row, :length].tolist()),
            [nexts.tokens[token] for token in split.target[row, :length].tolist()],
        )
        for row, length in enumerate(split.lengths.tolist())
    ]


def test_every_word_is_a_to_the_n_b_to_the_n_with_what_may_follow() -> None:
    dataset = AnBn(train_n=4, val_n=6, test_n=9, train_size=50)

    for name in PARTS:
        for word, nexts in words(dataset, name):
            n = word.count("a")
            assert word == "a" * n + "b" * n
            assert nexts == ["a|b"] * n + ["b"] * (n - 1) + ["end"]


def test_later_parts_have_longer_words_each_once() -> None:
    dataset = AnBn(train_n=4, val_n=6, test_n=9, train_size=100)
    n = {name: [len(word) // 2 for word, _ in words(dataset, name)] for name in PARTS}

    assert len(n["train"]) == 100
    assert set(n["train"]) == {1, 2, 3, 4}
    assert n["val"] == [5, 6]
    assert n["test"] == [7, 8, 9]


def test_padding_is_zero() -> None:
    split = AnBn(train_n=4, val_n=6, test_n=9).split("test")
    assert isinstance(split, TensorSplit)

    assert split.input.shape == (3, 18)
    assert not split.input[0, 14:].any()
    assert not split.target[0, 14:].any()


@pytest.mark.parametrize("bounds", [(4, 4, 9), (4, 9, 9), (9, 6, 4)])
def test_bounds_that_do_not_increase_are_refused(bounds: tuple[int, int, int]) -> None:
    with pytest.raises(ConfigError, match=r"dataset\.test_n="):
        AnBn(*bounds)


def test_split_seed_decides_the_data_and_its_hash() -> None:
    first, again, other = (AnBn(train_size=50, split_seed=seed) for seed in (1, 1, 2))

    assert first.sha256() == again.sha256() != other.sha256()


class TestAnBn(DatasetContract):
    def make_dataset(self, **arguments: Any) -> AnBn:
        return AnBn(**{"train_size": 9, **arguments})
