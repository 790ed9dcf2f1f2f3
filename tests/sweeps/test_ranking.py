from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rnnlab.sweeps.combinations import Combination
from rnnlab.sweeps.objectives import Objective
from rnnlab.sweeps.ranking import Scored, best, ranked

LOSS, SCORE = Objective("val/loss", "minimize"), Objective("val/accuracy", "maximize")


def scored(*values: float, name: str | None = None) -> Scored:
    return Scored(Combination((), {}), name or repr(values), values)


def test_of_one_objective_all_from_best_to_worst_each_once() -> None:
    settings = [scored(value) for value in (3.0, 1.0, 2.0, 1.0)]
    assert [s.values for s in ranked(settings, [LOSS])] == [(1.0,), (2.0,), (3.0,)]
    assert [s.values for s in ranked(settings, [SCORE])] == [(3.0,), (2.0,), (1.0,)]
    assert [s.values for s in best(settings, [LOSS], 2)] == [(1.0,), (2.0,)]
    assert len(best(settings, [LOSS], 9)) == 3
    assert best([], [LOSS], 3) == []


def test_of_several_those_that_nothing_beats() -> None:
    settings = [scored(1.0, 0.1), scored(2.0, 0.5), scored(2.5, 0.4), scored(3.0, 0.9)]
    front = ranked(settings, [LOSS, SCORE])
    assert [s.values for s in front] == [(1.0, 0.1), (2.0, 0.5), (3.0, 0.9)]
    assert best(settings, [LOSS, SCORE], 2) == [front[0], front[2]]
    assert best(settings, [LOSS, SCORE], 1) == [front[0]]


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1))
def test_a_front_has_what_is_not_beaten_and_nothing_else(pairs: list[tuple[int, int]]) -> None:
    settings = [scored(*map(float, pair)) for pair in pairs]
    front = {s.values for s in ranked(settings, [LOSS, LOSS])}
    for pair in pairs:
        beaten = any(a <= pair[0] and b <= pair[1] and (a, b) != pair for a, b in pairs)
        assert (pair in front) is not beaten
