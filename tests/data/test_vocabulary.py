import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.data.vocabulary import BEGIN, END, PAD, UNKNOWN, Vocabulary
from rnnlab.errors import ConfigError

TEXTS = [["b", "a", "b"], ["c", "b", "a"], ["d"]]


def test_tokens_are_ordered_by_frequency_then_name() -> None:
    assert Vocabulary.count(TEXTS).tokens == ("b", "a", "c", "d")


def test_specials_come_first_and_are_not_counted_twice() -> None:
    vocabulary = Vocabulary.count([*TEXTS, [PAD, PAD]], specials=(PAD, UNKNOWN))
    assert vocabulary.tokens == (PAD, UNKNOWN, "b", "a", "c", "d")


@pytest.mark.parametrize(
    ("size", "kept"), [(None, "bacd"), (4, "ba"), (3, "b"), (2, ""), (1, ""), (99, "bacd")]
)
def test_the_size_counts_specials_and_never_drops_them(size: int | None, kept: str) -> None:
    vocabulary = Vocabulary.count(TEXTS, specials=(PAD, UNKNOWN), max_size=size)
    assert vocabulary.tokens == (PAD, UNKNOWN, *kept)


def test_rare_tokens_are_left_out() -> None:
    assert Vocabulary.count(TEXTS, min_count=2).tokens == ("b", "a")


def test_special_ids_are_found_by_name() -> None:
    vocabulary = Vocabulary(("x", END, PAD, UNKNOWN, BEGIN))
    assert (vocabulary.end, vocabulary.pad) == (1, 2)
    assert (vocabulary.unknown, vocabulary.begin) == (3, 4)
    plain = Vocabulary(("x",))
    assert plain.end is plain.pad is plain.unknown is plain.begin is None


def test_unlisted_tokens_become_unknown_or_fail() -> None:
    assert Vocabulary((UNKNOWN, "a")).encode(["a", "z", "a"]) == [1, 0, 1]
    with pytest.raises(KeyError, match="z"):
        Vocabulary(("a",)).encode(["a", "z"])


def test_decoding_stops_at_the_end_and_skips_padding() -> None:
    vocabulary = Vocabulary((PAD, BEGIN, END, "a", "b"))
    assert vocabulary.decode([1, 3, 0, 4, 2, 3, 3]) == ["a", "b"]
    assert vocabulary.decode([3, 4]) == ["a", "b"]
    assert vocabulary.decode([2, 3]) == []


def test_a_name_that_occurs_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="'a' occurs twice"):
        Vocabulary(("a", "b", "a"))


@settings(deadline=None, max_examples=30)
@given(st.lists(st.lists(st.sampled_from("abcdef")), min_size=1))
def test_decoding_undoes_encoding(texts: list[list[str]]) -> None:
    vocabulary = Vocabulary.count(texts, specials=(PAD, UNKNOWN, BEGIN, END))
    for text in texts:
        assert vocabulary.decode([*vocabulary.encode(text), vocabulary.ids[END]]) == text


def test_it_is_compared_by_its_tokens_and_survives_pickling() -> None:
    vocabulary = Vocabulary(("a", "b"))
    assert pickle.loads(pickle.dumps(vocabulary)) == vocabulary == Vocabulary(("a", "b"))
    assert vocabulary != Vocabulary(("b", "a"))
    assert len(vocabulary) == 2


def test_a_count_that_no_token_reaches_is_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        Vocabulary.count(TEXTS, specials=(UNKNOWN,), min_count=4)
    assert str(caught.value) == (
        "dataset.min_count=4: no token occurs so often in the training part: "
        "the most frequent, 'b', occurs 3 times"
    )
    assert Vocabulary.count([], specials=(UNKNOWN,)).tokens == (UNKNOWN,)
