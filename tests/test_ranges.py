import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.ranges import Range


@pytest.mark.parametrize(
    ("bounds", "inside", "outside"),
    [
        (Range(min=1), [1, 2, 1e9, math.inf], [0, 0.999, -math.inf]),
        (Range(max=1), [1, 0, -math.inf], [1.001, math.inf]),
        (Range(above=0), [1e-300], [0, -1]),
        (Range(below=1), [0.999], [1, 2]),
        (Range(min=0, below=1), [0, 0.5], [1, -1e-9]),
    ],
)
def test_bounds(bounds: Range, inside: list[float], outside: list[float]) -> None:
    assert all(bounds.refusal(value) is None for value in inside)
    assert all(bounds.refusal(value) == f"must be {bounds}" for value in outside)


@given(st.floats(allow_nan=False))
def test_no_bounds_refuse_nothing_but_nan(value: float) -> None:
    assert Range().refusal(value) is None


@pytest.mark.parametrize("bounds", [Range(), Range(min=0), Range(max=0), Range(above=0)])
def test_nan_is_never_inside(bounds: Range) -> None:
    refusal = bounds.refusal(math.nan)
    assert refusal is not None
    assert refusal == f"must be {str(bounds) or 'a number'}"


def test_it_is_read_as_written() -> None:
    assert str(Range(min=0, below=1)) == ">= 0 and < 1"
    assert str(Range(above=0.5, max=3)) == "> 0.5 and <= 3"
