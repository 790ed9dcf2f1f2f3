from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from rnnlab.compare.block import Unit, complete

A, B, C = ("a",), ("b",), ("c",)
UNITS = st.sets(st.tuples(st.sampled_from([A, B, C]), st.integers(0, 3)))


def all_of(combinations: list[tuple[str, ...]], seeds: list[int]) -> set[Unit]:
    return set(product(combinations, seeds))


def test_what_is_whole_stays_whole() -> None:
    whole = all_of([A, B], [0, 1, 2])
    assert complete([whole, whole]) == ([A, B], [0, 1, 2])


def test_a_combination_that_one_group_does_not_have_goes() -> None:
    assert complete([all_of([A, B], [0, 1]), all_of([A], [0, 1])]) == ([A], [0, 1])


def test_of_one_missing_run_the_smaller_loss_is_taken() -> None:
    wide = all_of([A, B], [0, 1, 2, 3]) - {(B, 3)}
    assert complete([wide]) == ([A, B], [0, 1, 2])
    high = all_of([A, B, C], [0, 1]) - {(C, 1)}
    assert complete([high]) == ([A, B], [0, 1]), "four units, and three with one seed"
    square = all_of([A, B], [0, 1]) - {(B, 1)}
    assert complete([square]) == ([A], [0, 1])


def test_nothing_in_common() -> None:
    assert complete([{(A, 0)}, {(A, 1)}]) == ([], [])
    assert complete([]) == ([], [])


@given(st.lists(UNITS, min_size=1, max_size=3))
def test_every_group_has_all_of_it(groups: list[set[Unit]]) -> None:
    combinations, seeds = complete(groups)
    assert bool(combinations) == bool(seeds) == bool(set.intersection(*groups))
    for units in groups:
        assert all_of(combinations, seeds) <= units
