from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rnnlab.sweeps.combinations import Combination
from rnnlab.sweeps.confirmation import confirming, fresh_seeds
from rnnlab.sweeps.ranking import Scored
from tests.sweeps.searching import Maker


@given(st.sets(st.integers(0, 2**32 - 1)), st.integers(1, 20))
def test_fresh_seeds_are_none_that_were_used(used: set[int], count: int) -> None:
    found = fresh_seeds(used, count)
    assert len(set(found)) == count
    assert used.isdisjoint(found)
    assert all(0 <= seed < 2**32 for seed in found)
    assert found == fresh_seeds(used, count + 3)[:count]


def test_all_settings_get_the_same_fresh_seeds_in_place_of_their_own() -> None:
    settings = [
        Scored(Combination((f"x={x}", "seed=1"), {"x": f"{x}", "seed": "1"}), f"{x}", (0.0,))
        for x in (5, 6)
    ]
    jobs = confirming(settings, [0, 1, 7], 2, Maker())
    assert [str(job) for job in jobs] == ["x=5 seed=8", "x=5 seed=9", "x=6 seed=8", "x=6 seed=9"]
    assert [job.overrides for job in jobs][:2] == [("x=5", "seed=8"), ("x=5", "seed=9")]


def test_one_fresh_seed_is_named_too() -> None:
    (job,) = confirming([Scored(Combination(("x=5",), {"x": "5"}), "5", (0.0,))], [0], 1, Maker())
    assert (str(job), job.seed) == ("x=5 seed=1", 1)
