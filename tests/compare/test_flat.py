from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.compare.flat import flatten, in_order, short, shown


def test_flatten() -> None:
    nested = {"a": {"b": 1, "c": {"d": [1, 2]}}, "e": {}, "f": None}
    assert flatten(nested) == {"a.b": 1, "a.c.d": [1, 2], "e": {}, "f": None}


@pytest.mark.parametrize(
    ("value", "text"),
    [("gru", "gru"), (True, "true"), (None, "null"), (0.1, "0.1"), ([1, "é"], '[1, "é"]')],
)
def test_shown(value: object, text: str) -> None:
    assert shown(value) == text


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("gru", "gru"),
        ("0.00023456789", "0.0002346"),
        ("1.23456789e-05", "1.235e-05"),
        ("a" * 30 + "b" * 30, "a" * 29 + "…" + "b" * 14),
        ("a\nb\x1b", "a\\nb\\x1b"),
    ],
)
def test_short(text: str, found: str) -> None:
    assert short(text) == found


@given(st.text(), st.integers(5, 60))
def test_short_is_short_and_one_line(text: str, longest: int) -> None:
    found = short(text, longest)
    assert len(found) <= max(longest, 11)
    assert len(found.splitlines()) <= 1


def test_in_order() -> None:
    values = ["-1", "0.5", "2", "10", "1e3", "false", "inf", "nan", "x"]
    shuffled = random.Random(0).sample(values, len(values))
    assert in_order(shuffled) == values
