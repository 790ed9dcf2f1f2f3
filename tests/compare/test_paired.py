from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from rnnlab.compare.holm import holm
from rnnlab.compare.paired import PAIRED, SIGN, WELCH, Pair, compare_all
from rnnlab.compare.power import pairs_needed
from rnnlab.compare.sample import Sample


def sample(values: Mapping[Any, float]) -> Sample:
    return Sample(("x",), values, {}, 0)


def seeds(*values: float) -> Sample:
    return sample(dict(enumerate(values)))


def two(first: Sample, second: Sample) -> Pair:
    (pair,) = compare_all([first, second])
    return pair


def test_a_hand_computed_paired_test() -> None:
    # Differences 1, 2, 3: mean 2, sd 1, t = 2 √3 = 3.4641 with 2 degrees of freedom. Of these
    # p = 1 - t / √(t² + 2) = 1 - √(12 / 14).
    pair = two(seeds(2.0, 4.0, 6.0), seeds(1.0, 2.0, 3.0))
    assert (pair.test, pair.n, pair.difference, pair.sd) == (PAIRED, 3, 2.0, 1.0)
    assert pair.p == pytest.approx(1 - math.sqrt(12 / 14))
    assert pair.adjusted == pair.p
    assert pair.low == pytest.approx(2 - 4.302653 / math.sqrt(3), abs=1e-6)
    assert not pair.established
    assert pair.needed == 5


def test_pairs_are_made_by_seed_whatever_their_order() -> None:
    first = sample({0: 1.0, 1: 2.0, 7: 9.0, 2: 4.0})
    second = sample({2: 3.5, 5: 0.0, 0: 0.9, 1: 1.7})
    pair = two(first, second)
    assert pair.n == 3
    theirs = stats.ttest_rel([1.0, 2.0, 4.0], [0.9, 1.7, 3.5])
    assert pair.p == pytest.approx(theirs.pvalue)


def test_pairing_finds_what_differences_between_seeds_would_hide() -> None:
    ups = (0.0, 10.0, 20.0, 30.0)
    pair = two(seeds(*(up + 1 + up / 1000 for up in ups)), seeds(*ups))
    assert pair.established
    assert stats.ttest_ind([up + 1 for up in ups], ups).pvalue > 0.9


@pytest.mark.parametrize("n", [2, 5, 6])
def test_a_difference_without_variation_counts_by_its_number(n: int) -> None:
    values = [0.1 * k for k in range(n)]
    pair = two(seeds(*(value + 0.3 for value in values)), seeds(*values))
    assert (pair.test, pair.sd, pair.low) == (SIGN, 0.0, None)
    assert pair.p == pytest.approx(2 ** (1 - n))
    assert pair.established == (n == 6)
    assert pair.needed == (None if n == 6 else 6)


@pytest.mark.parametrize("noise", [0.0, 1e-10])
def test_equal_on_every_seed(noise: float) -> None:
    pair = two(seeds(0.1, 0.2, 0.3), seeds(0.1, 0.2 + noise, 0.3 - noise))
    assert (pair.p, pair.difference, pair.needed) == (1.0, 0.0, None)
    assert not pair.established


@pytest.mark.parametrize("shared", [0, 1])
def test_fewer_than_two_shared_seeds_are_compared_without_pairs(shared: int) -> None:
    first = sample({0: 1.0, 1: 1.2, 2: 1.1})
    second = sample({3 - shared: 2.0, 4: 2.3, 5: 2.1})
    pair = two(first, second)
    theirs = stats.ttest_ind([1.0, 1.2, 1.1], [2.0, 2.3, 2.1], equal_var=False)
    assert pair.test == WELCH
    assert pair.p == pytest.approx(theirs.pvalue)
    assert pair.established
    assert pair.why == ("one replicate is shared" if shared else "no replicate is shared")


def test_one_of_the_two_may_not_vary() -> None:
    pair = two(sample({0: 2.0, 1: 2.0}), sample({2: 1.0, 3: 1.1, 4: 0.9}))
    assert pair.test == WELCH
    # t = 1 / (0.1 / √3) with 2 degrees of freedom, all of them the second's.
    assert pair.p == pytest.approx(2 * stats.t.sf(10 * math.sqrt(3), 2))


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        ({0: 1.0}, {0: 2.0}, "one replicate is shared, and one value of each"),
        ({0: 1.0}, {1: 2.0, 2: 3.0}, "no replicate is shared, and there is one value of it"),
        ({0: 1.0, 1: 1.0}, {2: 2.0, 3: 2.0}, "no replicate is shared, and neither varies"),
    ],
)
def test_what_has_no_spread_cannot_be_compared(
    first: dict[int, float], second: dict[int, float], why: str
) -> None:
    pair = two(sample(first), sample(second))
    assert (pair.p, pair.adjusted, pair.needed, pair.why) == (None, None, None, why)
    assert not pair.established


def test_what_has_no_values_takes_no_part() -> None:
    pairs = compare_all([seeds(), seeds(1.0, 2.0), seeds(3.0, 4.5)])
    assert [(pair.first, pair.second) for pair in pairs] == [(1, 2)]


def test_all_p_values_are_corrected_together_and_only_they() -> None:
    samples = [seeds(1.0, 2.0, 3.5), seeds(1.1, 2.4, 3.6), seeds(9.0, 10.1, 11.3), sample({9: 1.0})]
    pairs = compare_all(samples)
    tested = [pair for pair in pairs if pair.p is not None]
    assert [len(pairs), len(tested)] == [6, 3]
    assert [pair.adjusted for pair in tested] == holm([pair.p or 0.0 for pair in tested])


def test_what_is_needed_is_at_the_level_of_what_is_open() -> None:
    low, near = seeds(0.0, 0.2, 0.1, 0.3), seeds(0.1, 0.15, 0.3, 0.2)
    pairs = compare_all([low, near, seeds(9.0, 9.3, 9.1, 9.2)])
    assert [pair.established for pair in pairs] == [False, True, True]
    assert pairs[0].needed == pairs_needed([pairs[0].difference / pairs[0].sd], 0.05)[0]  # type: ignore[operator]
    several = compare_all([low, near, seeds(0.05, 0.3, 0.1, 0.22)])
    assert [pair.established for pair in several] == [False] * 3
    assert several[0].needed == pairs_needed([pairs[0].difference / pairs[0].sd], 0.05 / 3)[0]  # type: ignore[operator]


def test_more_are_needed_than_there_are() -> None:
    draws = np.random.default_rng(0).normal(size=(30, 6, 4))
    for block in draws:
        for pair in compare_all([seeds(*row) for row in block.tolist()]):
            if not pair.established and pair.needed is not None:
                assert pair.needed > pair.n


def test_the_family_wise_error_rate_under_the_null() -> None:
    # Five settings of the same distribution, ten pairs, seeds with an effect of their own: in how
    # many of 1,000 experiments is any difference called established? 5% and three standard errors.
    rng, count = np.random.default_rng(1), 1000
    wrong = 0
    for _ in range(count):
        values = rng.normal(size=(5, 6)) + rng.normal(size=6)
        wrong += any(pair.established for pair in compare_all([seeds(*row) for row in values]))
    assert wrong / count <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / count)
    assert wrong > 0, "a correction that never rejects would pass"


def test_a_single_pair_errs_as_often_as_it_says() -> None:
    draws = np.random.default_rng(2).normal(size=(1200, 2, 5))
    wrong = sum(two(seeds(*first), seeds(*second)).established for first, second in draws)
    assert wrong / len(draws) == pytest.approx(0.05, abs=4 * math.sqrt(0.05 * 0.95 / 1200))


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.dictionaries(st.integers(0, 4), st.floats(-100, 100), max_size=5), min_size=2, max_size=5
    )
)
def test_whatever_the_values_turning_a_pair_around_turns_its_sign(
    values: list[dict[int, float]],
) -> None:
    forward = compare_all([sample(each) for each in values])
    back = compare_all([sample(each) for each in reversed(values)])
    last = len(values) - 1
    turned = {(last - pair.second, last - pair.first): pair for pair in back}
    for pair in forward:
        other = turned[pair.first, pair.second]
        assert other.difference == pytest.approx(-(pair.difference or 0.0))
        assert (pair.p is None) == (other.p is None)
        if pair.p is not None:
            assert 0 <= pair.p <= 1
            assert other.adjusted == pytest.approx(pair.adjusted)
            assert other.established == pair.established
            assert (pair.needed is None) or pair.needed > 1
