import random
from collections import Counter
from itertools import chain

import pytest

from rnnlab.data.dataset import Part
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.streamed_texts import DrawnPairs, ShortPairs, StreamedTexts, mixed
from rnnlab.data.vocabulary import BEGIN, END, PAD, UNKNOWN, Vocabulary
from rnnlab.errors import DataError

PAIRS = [(f"a{n}", "x") for n in range(2000)]


def spec(*, sequence: bool) -> DataSpec:
    words = Vocabulary((PAD, UNKNOWN, "a", "b"))
    made = Vocabulary((PAD, BEGIN, END, UNKNOWN, "x", "y"))
    classes = Vocabulary(("x", "y"))
    target = made if sequence else classes
    return DataSpec(
        Field("tokens", 4, sequence=True, vocabulary=words, tokenizer="words", max_length=3),
        Field(
            "tokens",
            len(target),
            sequence=sequence,
            vocabulary=target,
            tokenizer="words" if sequence else None,
            name="label",
        ),
    )


def test_every_pair_is_drawn_for_one_part() -> None:
    def drawn(part: Part, seed: int = 0) -> list[tuple[str, str]]:
        return list(DrawnPairs(PAIRS, part, 0.1, 0.2, seed))

    parts = [drawn(part) for part in ("train", "val", "test")]
    assert Counter(chain(*parts)) == Counter(PAIRS)
    assert 150 < len(parts[1]) < 250
    assert 340 < len(parts[2]) < 460
    assert drawn("test") == parts[2]
    assert drawn("test", 1) != parts[2]


def test_mixing_loses_nothing_and_depends_on_the_generator() -> None:
    assert list(mixed(range(9), 1, random.Random(0))) == list(range(9))
    first, again, other = (list(mixed(range(50), 8, random.Random(seed))) for seed in (0, 0, 1))
    assert first == again
    assert first != other
    assert sorted(first) == list(range(50))
    # The first item given is one of the first eight.
    assert first[0] < 8


def test_long_pairs_are_left_out() -> None:
    pairs = [("a b c", "x"), ("a", "x y z"), ("a b", "x y")]
    assert list(ShortPairs(pairs, "words", 2)) == [("a b", "x y")]


def test_examples_with_a_class_are_cut() -> None:
    examples = StreamedTexts([("A c b b", "y"), ("b", "x")], spec(sequence=False), 1)
    first, second = examples(0)
    assert first.input.tolist() == [[2, 1, 3]]
    assert first.lengths is not None
    assert first.lengths.tolist() == [3]
    assert first.target is not None
    assert second.target is not None
    assert (first.target.tolist(), second.target.tolist()) == ([1], [0])


def test_examples_with_a_text_end() -> None:
    (example,) = StreamedTexts([("a", "x z y")], spec(sequence=True), 1)(0)
    assert example.target is not None
    assert example.target_lengths is not None
    assert example.target.tolist() == [[4, 3, 5, 2]]
    assert example.target_lengths.tolist() == [4]


def test_the_order_depends_on_the_epoch() -> None:
    pairs = [("a", "x") if n % 3 else ("b", "y") for n in range(60)]
    examples = StreamedTexts(pairs, spec(sequence=False), 20)
    epochs = [[int(example.input) for example in examples(epoch)] for epoch in (0, 0, 1)]
    assert epochs[0] == epochs[1]
    assert epochs[0] != epochs[2]
    assert sorted(epochs[0]) == sorted(epochs[2])


def test_a_class_that_was_not_seen_ahead_is_refused() -> None:
    with pytest.raises(DataError, match=r"dataset\.label=label: the class 'z' .*rows_ahead"):
        list(StreamedTexts([("a", "z")], spec(sequence=False), 1)(0))
