from __future__ import annotations

import pytest

from rnnlab.errors import ConfigError
from rnnlab.sweeps.combinations import Combination
from rnnlab.sweeps.replicates import Replicates, replicates

GRU = Combination(("cell=gru", "seed=7"), {"cell": "gru"})


def runs(seeds: Replicates, own: int = 7) -> list[tuple[tuple[str, ...], str]]:
    return [(run.overrides, str(run)) for run in seeds.of(GRU, own)]


def test_a_count_goes_on_from_the_settings_own_seed() -> None:
    rest, seeds = replicates(["cell=gru", "seed=7"], 2)
    assert (rest, seeds.number) == (["cell=gru", "seed=7"], 2)
    assert runs(seeds) == [
        (("cell=gru", "seed=7"), "cell=gru seed=7"),
        (("cell=gru", "seed=8"), "cell=gru seed=8"),
    ]


@pytest.mark.parametrize(
    ("overrides", "seeds"),
    [(["cell=gru"], [3, 7]), (["seed=3,7", "cell=gru"], None), (["cell=gru", "++seed=3,7"], None),
     (["cell=gru"], [3, 7, 3])],
)  # fmt: skip
def test_a_list_names_them_however_it_is_written(overrides: list[str], seeds: object) -> None:
    rest, named = replicates(overrides, seeds)
    assert (rest, named) == (["cell=gru"], Replicates(("3", "7")))
    assert [text for _, text in runs(named)] == ["cell=gru seed=3", "cell=gru seed=7"]


def test_one_seed_is_no_difference_between_runs() -> None:
    assert runs(replicates(["cell=gru"], [3])[1]) == [(("cell=gru", "seed=3"), "cell=gru")]
    assert runs(replicates(["cell=gru"], None)[1]) == [(("cell=gru", "seed=7"), "cell=gru")]
    assert replicates(["seed=choice(3)"], None) == (["seed=choice(3)"], Replicates())


@pytest.mark.parametrize(
    ("overrides", "seeds", "line"),
    [
        (["seed=0,1"], 3, "seed=0,1: the seeds are named already, by seeds"),
        (["seed=0,1", "seed=5"], None, "seed=0,1: the seeds are named already, by seed"),
        (["seed=5"], [1, 2], "seed=5: the seeds are named already, by seeds"),
        ([], [], r"seeds=\[\]: names no seed"),
    ],
)
def test_what_names_seeds_twice_or_none(overrides: list[str], seeds: object, line: str) -> None:
    with pytest.raises(ConfigError, match=f"^{line}$"):
        replicates(overrides, seeds)


@pytest.mark.parametrize("seeds", ["x", -1, 0, True, 1.5])
def test_what_is_no_number_of_seeds_is_left_to_whoever_checks_it(seeds: object) -> None:
    assert replicates(["cell=gru"], seeds)[1] == Replicates()


def test_any_number_can_be_counted() -> None:
    assert replicates([], 10**30)[1].number == 10**30
