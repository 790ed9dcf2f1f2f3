from __future__ import annotations

import pytest

from rnnlab.compare.metric import Metric, choose_metric
from rnnlab.compare.reading import Run, read_run
from rnnlab.errors import ConfigError
from rnnlab.runs.folder import RunFolder
from tests.compare.conftest import Make


def runs(*folders: RunFolder) -> list[Run]:
    return [read_run(folder) for folder in folders]


def test_by_default_what_picked_the_checkpoints_on_the_test_part(run: Make) -> None:
    assert choose_metric(runs(run()), None, None) == Metric("test/accuracy", "higher")


@pytest.mark.parametrize(
    ("mode", "better"), [("min", "lower"), ("max", "higher"), (None, None), ("sideways", None)]
)
def test_the_result_says_which_direction_is_better(
    run: Make, mode: str | None, better: str | None
) -> None:
    found = choose_metric(runs(run(metric="elo", mode=mode)), None, None)
    assert found == Metric("test/elo", better)


def test_runs_that_contradict_each_other_say_nothing(run: Make) -> None:
    contradicting = runs(run(metric="elo", mode="min"), run(metric="elo", mode="max"))
    assert choose_metric(contradicting, None, None).better is None


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("test/loss", "lower"),
        ("val/accuracy", "higher"),
        ("train/macro_f1", "higher"),
        ("test/token_error_rate", "lower"),
        ("test/bits_per_character", "lower"),
        ("test/frame_accuracy", "higher"),
        ("test/loss_per_sequence", "lower"),
        ("train_seconds", "lower"),
        ("test/flossiness", None),
    ],
)
def test_other_metrics_are_known_by_name(run: Make, name: str, better: str | None) -> None:
    score = name.rpartition("/")[2]
    folder = run(metric="elo", more={score: 1.0})
    assert choose_metric(runs(folder), name, None) == Metric(name, better)


def test_whoever_says_it_knows_best(run: Make) -> None:
    assert choose_metric(runs(run()), None, "lower").better == "lower"


def test_the_monitored_mode_is_of_that_score_alone(run: Make) -> None:
    folder = run(metric="loss", mode="max", more={"rmse": 1.0})
    assert choose_metric(runs(folder), "test/loss", None).better == "higher"
    assert choose_metric(runs(folder), "test/rmse", None).better == "lower"


def test_what_is_not_there(run: Make) -> None:
    with pytest.raises(ConfigError) as caught:
        choose_metric(runs(run()), "accuracy", None)
    assert str(caught.value) == (
        "--metric=accuracy: no run has it; did you mean val/accuracy?; valid: parameters, "
        "test/accuracy, test/loss, train/accuracy, train/loss, train_seconds, val/accuracy, "
        "val/loss"
    )
    with pytest.raises(ConfigError, match="--better=up: is no direction; valid: lower, higher"):
        choose_metric(runs(run()), None, "up")


def test_runs_of_several_tasks(run: Make) -> None:
    several = runs(run(), run(metric="mae"))
    with pytest.raises(ConfigError, match="of several tasks, their scores test/accuracy, test/mae"):
        choose_metric(several, None, None)
    assert choose_metric(several, "test/loss", None).name == "test/loss"


@pytest.mark.parametrize(
    ("metric", "axis"),
    [
        (Metric("test/accuracy", "higher"), "test/accuracy (fraction, higher is better)"),
        (Metric("test/mae", "lower"), "test/mae (units of the target, lower is better)"),
        (Metric("train_seconds", "lower"), "train_seconds (s, lower is better)"),
        (Metric("test/bits_per_token", None), "test/bits_per_token (bits)"),
        (Metric("test/elo", None), "test/elo"),
    ],
)
def test_an_axis_has_its_unit(metric: Metric, axis: str) -> None:
    assert metric.axis == axis


def test_rank_puts_the_best_first() -> None:
    values = [0.2, 0.9, 0.5]
    assert sorted(values, key=Metric("a", "higher").rank) == [0.9, 0.5, 0.2]
    assert sorted(values, key=Metric("a", "lower").rank) == [0.2, 0.5, 0.9]
    assert sorted(values, key=Metric("a", None).rank) == [0.2, 0.5, 0.9]
