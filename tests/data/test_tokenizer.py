import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.data.tokenizer import join, tokenize


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Don't panic!", ["don't", "panic", "!"]),
        ("it’s 3.5%", ["it’s", "3", ".", "5", "%"]),
        ("'quoted' rock'n'roll", ["'", "quoted", "'", "rock'n'roll"]),
        ("see http://t.co/AbC?x=1, ok", ["see", "http://t.co/abc?x=1,", "ok"]),
        ("Straße naïve 東京", ["straße", "naïve", "東京"]),
        ("@you #win :-)", ["@", "you", "#", "win", ":", "-", ")"]),
        (" \n\t ", []),
    ],
)
def test_words(text: str, tokens: list[str]) -> None:
    assert tokenize(text, "words") == tokens


def test_characters_are_taken_as_they_are() -> None:
    assert tokenize("Ab c\n", "characters") == ["A", "b", " ", "c", "\n"]


def test_spaces_cut_at_white_space_only() -> None:
    assert tokenize("AH0  B\tIY1 don't!", "spaces") == ["AH0", "B", "IY1", "don't!"]


@settings(deadline=None, max_examples=50)
@given(st.text())
def test_joining_undoes_cutting(text: str) -> None:
    assert join(tokenize(text, "characters"), "characters") == text
    assert join(tokenize(text, "spaces"), "spaces") == " ".join(text.split())


@settings(deadline=None, max_examples=50)
@given(st.text())
def test_words_lose_nothing_but_case_and_white_space(text: str) -> None:
    assert "".join(tokenize(text, "words")) == "".join(text.lower().split())


def test_an_unknown_name_is_refused_with_the_valid_ones() -> None:
    with pytest.raises(ValueError, match="'word'; valid: words, characters, spaces"):
        tokenize("text", "word")  # type: ignore[arg-type]
