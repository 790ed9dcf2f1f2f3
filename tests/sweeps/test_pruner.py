"""Rules by which trials are given up, on values that nobody has trained."""

import math
from binascii import crc32

import optuna
import pytest

from rnnlab.sweeps.pruner import REDUCTION, Pruner

MEDIAN = Pruner("median", warmup=2, startup=3, epochs=9)


def study_of(direction="minimize", finished=()):
    study = optuna.create_study(
        study_name="s", direction=direction, sampler=optuna.samplers.RandomSampler()
    )
    for values in finished:
        study.add_trial(
            optuna.trial.create_trial(
                value=values[-1], intermediate_values=dict(enumerate(values, start=1))
            )
        )
    return study


def given_up(study, pruner, values):
    """Return after how many epochs a trial is given up, and why; None where it is not."""
    study.pruner = pruner.made()
    trial = study.ask()
    for epoch, value in enumerate(values, start=1):
        trial.report(value, epoch)
        if (why := pruner.judge(trial, "val/loss")) is not None:
            return epoch, why
    return None


FINISHED = [[0.9, 0.5, 0.3], [0.8, 0.6, 0.4], [0.7, 0.7, 0.2]]


def test_the_median_of_the_finished_trials_after_as_many_epochs_decides():
    why = "pruned after 2 epochs: val/loss 0.61 is worse than the median 0.6 of 3 trials"
    assert given_up(study_of(finished=FINISHED), MEDIAN, [9.0, 0.61, 0.1]) == (2, why)
    assert given_up(study_of(finished=FINISHED), MEDIAN, [9.0, 0.6, 0.3]) is None
    why = "pruned after 3 epochs: val/loss 0.31, the best so far, is worse than the median 0.3"
    found = given_up(study_of(finished=FINISHED), MEDIAN, [9.0, 0.31, 0.9])
    assert found == (3, f"{why} of 3 trials")


def test_higher_may_be_better():
    study = study_of("maximize", finished=[[0.1, 0.2], [0.1, 0.4], [0.1, 0.6]])
    why = "pruned after 2 epochs: val/loss 0.39 is worse than the median 0.4 of 3 trials"
    assert given_up(study, MEDIAN, [0.0, 0.39]) == (2, why)
    assert given_up(study, MEDIAN, [0.0, 0.41]) is None


def test_too_few_finished_trials_judge_nobody():
    assert given_up(study_of(finished=FINISHED[:2]), MEDIAN, [9.0] * 5) is None


def test_a_trial_that_measures_nothing_is_given_up_and_spoils_no_median():
    study = study_of(finished=[*FINISHED, [math.nan, math.nan, 0.1]])
    why = "pruned after 2 epochs: val/loss is not a number"
    assert given_up(study, MEDIAN, [math.nan, math.nan]) == (2, why)
    _, why = given_up(study, MEDIAN, [math.nan, 0.65])
    assert why.endswith("the median 0.6 of 3 trials")


def bracket_of(number):
    """Return what Optuna documents: brackets take trials in proportion to their budgets."""
    budgets = [math.ceil(3 * REDUCTION**rest / (rest + 1)) for rest in (2, 1, 0)]
    place = crc32(f"s_{number}".encode()) % sum(budgets)
    return next(n for n in range(3) if place < sum(budgets[: n + 1]))


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_hyperband_halves_each_bracket_at_rungs_of_its_own(direction):
    # 2 epochs at least, 18 at most: brackets with rungs after 2 6 18, after 6 18, and after 18.
    pruner = Pruner("hyperband", warmup=2, startup=0, epochs=18)
    study, rungs = study_of(direction), {}
    seen = set()
    for number in range(60):
        value = (number * 37 % 60) / 60
        bracket, expected = bracket_of(number), None
        # By hand: a trial goes on from a rung if it is among the best third of those that came.
        for epoch in (rung for rung in (2, 6, 18) if rung >= 2 * REDUCTION**bracket):
            came = rungs.setdefault((bracket, epoch), [])
            came.append(value)
            best = sorted(came, reverse=direction == "maximize")
            if value not in best[: max(1, len(came) // REDUCTION)]:
                expected = epoch
                break
        found = given_up(study, pruner, [value] * 18)
        assert (found and found[0]) == expected, number
        seen.add((bracket, expected))
        if found is not None:
            assert found[1] == (
                f"pruned after {expected} epochs: val/loss {value:.4g} is not among the best third "
                "of its Hyperband bracket"
            )
    assert {(0, 2), (0, 6), (0, None), (1, 6), (1, None), (2, None)} <= seen
