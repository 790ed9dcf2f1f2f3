from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.compare.holm import holm

PROBABILITIES = st.lists(st.floats(0, 1), max_size=12)


def test_a_hand_computed_example() -> None:
    # In order 0.005, 0.01, 0.03, 0.04 times 4, 3, 2, 1: 0.02, 0.03, 0.06 and 0.04, raised to 0.06.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_at_most_one_and_none_of_none() -> None:
    assert holm([0.4, 0.9]) == pytest.approx([0.8, 0.9])
    assert holm([0.6, 0.9]) == [1.0, 1.0]
    assert holm([0.01]) == [0.01]
    assert holm([]) == []


@settings(deadline=None, max_examples=10)
@given(PROBABILITIES)
def test_it_is_statsmodels_where_that_is_installed(p_values: list[float]) -> None:
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    if p_values:
        theirs = multitest.multipletests(p_values, method="holm")[1].tolist()
        assert holm(p_values) == pytest.approx(theirs)


@given(PROBABILITIES)
def test_between_the_p_value_and_bonferroni_in_the_same_order(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    for p, found in zip(p_values, adjusted, strict=True):
        assert p <= found <= min(1.0, len(p_values) * p)
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    in_order = [adjusted[index] for index in order]
    assert in_order == sorted(in_order)


@given(PROBABILITIES)
def test_it_rejects_what_the_step_down_procedure_rejects(p_values: list[float]) -> None:
    rejected: set[int] = set()
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    for place, index in enumerate(order):
        if (len(p_values) - place) * p_values[index] > 0.05:
            break
        rejected.add(index)
    assert {index for index, p in enumerate(holm(p_values)) if p <= 0.05} == rejected
