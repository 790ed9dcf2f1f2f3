from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from rnnlab.compare.power import MOST, pairs_needed, power


@pytest.mark.parametrize(
    ("n", "effect", "level"), [(3, 2.0, 0.05), (8, 1.0, 0.05), (20, 0.8, 0.01), (5, -2.0, 0.05)]
)
def test_power_is_how_often_a_simulated_test_rejects(n: int, effect: float, level: float) -> None:
    draws = np.random.default_rng(0).normal(effect, 1.0, size=(20_000, n))
    rejected = float((stats.ttest_1samp(draws, 0.0, axis=1).pvalue <= level).mean())
    # Four standard errors of a share of 20,000.
    assert power(n, effect, level) == pytest.approx(rejected, abs=4 * 0.5 / np.sqrt(20_000))


def test_without_an_effect_power_is_the_level() -> None:
    assert power(7, 0.0, 0.05) == pytest.approx(0.05)


def test_a_number_from_the_tables() -> None:
    # Cohen's tables, and G*Power: 34 pairs for d = 0.5, 15 for 0.8, 199 for 0.2.
    assert pairs_needed([0.5, 0.8, 0.2], 0.05) == [34, 15, 199]
    assert pairs_needed([], 0.05) == []


@settings(deadline=None)
@given(st.floats(0.12, 20), st.floats(0.0005, 0.05))
def test_the_fewest_that_are_enough(effect: float, level: float) -> None:
    (needed,) = pairs_needed([-effect], level)
    if needed is None:
        assert power(MOST, effect, level) < 0.8
        return
    assert power(needed, effect, level) >= 0.8
    assert needed == 2 or power(needed - 1, effect, level) < 0.8


def test_more_than_anybody_trains_is_not_counted() -> None:
    assert pairs_needed([0.01, 0.0, 0.0889], 0.05) == [None, None, pytest.approx(996, abs=4)]


@pytest.mark.parametrize("effect", [1e3, 1e6])
def test_an_enormous_effect_needs_two(effect: float) -> None:
    assert pairs_needed([effect], 0.05) == [2]


def test_power_is_a_number_everywhere_and_grows() -> None:
    for level in (0.05, 0.001, 1e-5):
        for effect in np.geomspace(0.05, 20, 15).tolist():
            found = [power(n, effect, level) for n in (2, 3, 5, 9, 11, 30, 100, 300, 1000)]
            assert all(0 <= each <= 1 + 1e-9 for each in found)
            assert all(after >= before - 1e-9 for before, after in pairwise(found))
