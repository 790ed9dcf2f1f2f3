from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from statistics import fmean, stdev

import numpy as np
import pytest
from scipy import stats

from rnnlab.compare.grouped import by_keys
from rnnlab.compare.paired import compare_all
from rnnlab.compare.reading import read_run
from rnnlab.compare.sample import Samples, by_setting
from rnnlab.compare.settings import Settings, group
from rnnlab.errors import ConfigError
from rnnlab.runs.folder import RunFolder, Status
from tests.compare.conftest import Make

METRIC = "test/accuracy"
RATES, SEEDS = (0.1, 0.01, 0.001), (0, 1, 2, 3)
Score = Callable[[str, float, int], float]


def of(folders: list[RunFolder]) -> Settings:
    return group([read_run(folder) for folder in folders])


def trained(run: Make, score: Score, left_out: tuple[tuple[str, float, int], ...] = ()) -> Settings:
    """Return gru and lstm at three learning rates, four seeds each."""
    return of(
        [
            run(seed, score(cell, rate, seed), cell=cell, optimizer__lr=rate)
            for cell, rate, seed in product(("gru", "lstm"), RATES, SEEDS)
            if (cell, rate, seed) not in left_out
        ]
    )


def score_of(cell: str, rate: float, seed: int) -> float:
    """Return a score with an effect of each, of both cell and rate, and of cell and seed."""
    better = (0.1 + rate + 0.01 * seed**2) * (cell == "lstm")
    return 0.5 + better + 0.05 * seed - rate


def values(samples: Samples) -> dict[str, dict[object, float]]:
    return {samples.name(sample): dict(sample.values) for sample in samples.all}


def test_averages_over_other_keys_in_closed_form(run: Make) -> None:
    samples = by_keys(trained(run, score_of), METRIC, ["cell"])
    # The mean over the rates, seed by seed.
    mean_rate = fmean(RATES)
    gru = {seed: 0.5 + 0.05 * seed - mean_rate for seed in SEEDS}
    differences = [0.1 + mean_rate + 0.01 * seed**2 for seed in SEEDS]
    assert values(samples)["cell=gru"] == pytest.approx(gru)
    (pair,) = compare_all(samples.all)
    t = fmean(differences) / (stdev(differences) / math.sqrt(len(SEEDS)))
    assert pair.n == len(SEEDS), "a seed is one replicate, at however many rates it was trained"
    assert pair.difference == pytest.approx(-fmean(differences))
    assert pair.p == pytest.approx(2 * stats.t.sf(t, len(SEEDS) - 1))
    assert (samples.replicate, samples.averaged) == ("seed", ("optimizer.lr",))
    assert samples.note.startswith("averaged over 3 combinations of optimizer.lr within each seed")
    assert all(len(runs) == len(RATES) for runs in samples.all[0].runs.values())


def test_groups_are_compared_over_what_all_of_them_have(run: Make) -> None:
    settings = trained(run, score_of, left_out=(("gru", 0.1, 3), ("lstm", 0.001, 0)))
    samples = by_keys(settings, METRIC, ["cell"])
    (gru, lstm) = samples.all
    # Of two holes one goes with its seed; of what is left the other goes with its rate, as seeds
    # are what replicates are.
    assert list(gru.values) == list(lstm.values) == [1, 2, 3]
    assert gru.values[1] == pytest.approx(0.5 + 0.05 - fmean((0.01, 0.001)))
    assert "10 of 22 runs have no match in every group and are left out" in samples.note


def test_with_one_seed_the_combinations_are_the_replicates(run: Make) -> None:
    settings = of(
        [
            run(0, score_of(cell, rate, 0), cell=cell, optimizer__lr=rate)
            for cell, rate in product(("gru", "lstm"), RATES)
        ]
    )
    samples = by_keys(settings, METRIC, ["cell"])
    assert samples.replicate == "setting"
    assert values(samples)["cell=gru"] == {(str(rate),): 0.5 - rate for rate in RATES}
    (pair,) = compare_all(samples.all)
    assert pair.n == len(RATES)
    assert "say nothing of other seeds" in samples.note


def test_seeds_that_every_combination_shares_are_not_counted_several_times() -> None:
    # No difference between two groups, but seeds have an effect on it, at all 8 combinations alike.
    # A test over seeds errs at 5%; one that took the 8 x 4 units for replicates would err often.
    rng, wrong, naively = np.random.default_rng(0), 0, 0
    for _ in range(1000):
        differences = rng.normal(size=4) + 0.3 * rng.normal(size=(8, 4))
        wrong += stats.ttest_1samp(differences.mean(0), 0.0).pvalue <= 0.05
        naively += stats.ttest_1samp(differences.ravel(), 0.0).pvalue <= 0.05
    assert wrong / 1000 == pytest.approx(0.05, abs=4 * math.sqrt(0.05 * 0.95 / 1000))
    assert naively / 1000 > 0.3


def test_by_all_keys_is_by_setting(run: Make) -> None:
    settings = trained(run, score_of)
    samples = by_keys(settings, METRIC, ["optimizer.lr", "cell"])
    assert samples.columns == ("optimizer.lr", "cell")
    assert list(values(samples).values()) == list(values(by_setting(settings, METRIC)).values())
    assert samples.averaged == ()


def test_arguments_of_a_choice_are_not_matched(run: Make) -> None:
    settings = of(
        [
            run(seed, 0.1 * seed, cell=cell, optimizer__lr=rate, cell__hidden_size=size)
            for seed, rate in product((0, 1), (0.1, 0.01))
            for cell, size in (("gru", 16), ("lstm", 14))
        ]
    )
    samples = by_keys(settings, METRIC, ["cell"])
    assert samples.averaged == ("optimizer.lr",)
    assert [len(sample.values) for sample in samples.all] == [2, 2]


def test_a_group_that_never_finished_has_no_values(run: Make) -> None:
    folders = [run(seed, 0.1 * seed, cell=cell, optimizer__lr=rate)
               for seed, cell, rate in product((0, 1), ("gru", "lstm"), (0.1, 0.2))]  # fmt: skip
    folders += [run(0, cell="rnn", optimizer__lr=0.1, status=Status.FAILED)]
    samples = by_keys(of(folders), METRIC, ["cell"])
    assert [len(sample.values) for sample in samples.all] == [2, 2, 0]
    assert samples.all[2].missing == 1


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("cel", r"--by=cel: is no key in which the runs differ; did you mean cell\?; valid: cell"),
        ("seed", "--by=seed: the seed is what is averaged over"),
        (
            "cell._target_",
            r"--by=cell\._target_: follows from the choice of cell; did you mean cell\?; valid: ",
        ),
        ("trainer.max_epochs", "--by=trainer.max_epochs: is the same in all runs; valid: cell"),
    ],
)
def test_keys_that_there_are_none_of(run: Make, key: str, said: str) -> None:
    with pytest.raises(ConfigError, match=f"^{said}"):
        by_keys(trained(run, score_of), METRIC, [key])


def test_groups_with_nothing_in_common(run: Make) -> None:
    settings = of(
        [run(0, cell="gru", optimizer__lr=0.1), run(0, cell="gru", optimizer__lr=0.2),
         run(0, cell="lstm", optimizer__lr=0.3)]
    )  # fmt: skip
    with pytest.raises(ConfigError, match=r"--by=cell: no combination of optimizer\.lr and seed"):
        by_keys(settings, METRIC, ["cell"])
