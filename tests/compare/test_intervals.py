from __future__ import annotations

import math
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.compare.intervals import Estimate, estimate, varies

VALUES = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=20)


def test_a_hand_computed_interval() -> None:
    # 1, 2, 3: sd 1, t(0.975, 2) = 4.302653, over the root of 3.
    found = estimate([1.0, 2.0, 3.0])
    assert (found.n, found.mean, found.sd) == (3, 2.0, 1.0)
    assert found.low == pytest.approx(2 - 4.302653 / math.sqrt(3), abs=1e-6)
    assert found.high == pytest.approx(2 + 4.302653 / math.sqrt(3), abs=1e-6)


def test_one_value_has_no_interval_and_none_has_no_mean() -> None:
    assert estimate([0.5]) == Estimate(1, 0.5)
    assert estimate([]) == Estimate(0)


@pytest.mark.parametrize("values", [[0.1, 0.1, 0.1], [0.1, 0.1 + 1e-10], [0.0, 0.0]])
def test_values_that_do_not_vary(values: list[float]) -> None:
    mean = fmean(values)
    assert estimate(values) == Estimate(len(values), mean, 0.0, mean, mean)


@pytest.mark.parametrize("n", [2, 3, 5, 10, 30])
def test_the_interval_covers_the_true_mean_as_often_as_it_says(n: int) -> None:
    # 4,000 repetitions: 95% ± 0.35% standard error; 93 to 97 is six of them.
    draws = np.random.default_rng(n).normal(3.0, 0.7, size=(4000, n))
    found = [estimate(row.tolist()) for row in draws]
    covered = sum(each.low <= 3.0 <= each.high for each in found)  # type: ignore[operator]
    assert 0.93 <= covered / len(found) <= 0.97


@settings(deadline=None)
@given(VALUES)
def test_the_mean_is_inside_and_the_order_does_not_matter(values: list[float]) -> None:
    found = estimate(values)
    assert found.low is not None
    assert found.high is not None
    assert found.mean is not None
    assert found.low <= found.mean <= found.high
    assert estimate(values[::-1]) == found


@settings(deadline=None)
@given(VALUES, st.floats(0.1, 10), st.floats(-100, 100))
def test_it_moves_with_its_unit(values: list[float], factor: float, shift: float) -> None:
    moved = [factor * value + shift for value in values]
    if not varies(values) or not varies(moved):
        return
    before, after = estimate(values), estimate(moved)
    assert before.low is not None
    assert after.low == pytest.approx(factor * before.low + shift, rel=1e-4, abs=1e-3)
    assert after.sd == pytest.approx(factor * (before.sd or 0.0), rel=1e-4, abs=1e-6)
