from __future__ import annotations

import pytest

from rnnlab.compare.numbers import interval, number, probability


@pytest.mark.parametrize(
    ("p", "text"), [(0.0, "p < 0.0001"), (9e-5, "p < 0.0001"), (0.01234, "p = 0.012"), (1, "p = 1")]
)
def test_probability(p: float, text: str) -> None:
    assert probability(p) == text


def test_numbers() -> None:
    assert [number(0.123456), number(None)] == ["0.1235", "–"]
    assert [interval(0.0, 1.5), interval(None, None)] == ["[0, 1.5]", "–"]
