"""What a search asks for on the command line, and all that it is refused before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.errors import ConfigError, ConfigErrors
from rnnlab.sweeps.plan import Plan, plan
from tests.runs.conftest import SMALL

LR = "optimizer.lr=tag(log,interval(1e-4,1e-1))"
TPE = ["sweep.search=tpe", "sweep.trials=5"]


@pytest.fixture(autouse=True)
def nothing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    yield
    assert list(tmp_path.iterdir()) == []


def planned(*overrides: str) -> Plan:
    return plan([*SMALL, "output_dir=outputs", *overrides])


def lines(*overrides: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        planned(*overrides)
    error = caught.value
    return [str(each) for each in (error.errors if isinstance(error, ConfigErrors) else [error])]


def test_a_search_has_a_space_and_what_the_runs_monitor_for_its_objective() -> None:
    found = planned(*TPE, LR, "cell=gru,lstm", "backbone.layers=int(interval(1,2))").search
    assert found is not None
    assert [axis.key for axis in found.space.axes] == ["optimizer.lr", "cell", "backbone.layers"]
    assert [str(objective) for objective in found.objectives] == ["val/accuracy (maximize)"]
    # Each cell, and the ends of both ranges.
    assert len(found.examples) == 4


def test_the_same_question_has_the_same_name_whatever_the_number_of_trials() -> None:
    name = planned(*TPE, LR, "cell=gru,lstm").name
    assert name.startswith("cell-lr-")
    assert planned("cell=gru,lstm", LR, "sweep.search=tpe", "sweep.trials=50").name == name
    assert planned(*TPE, LR, "cell=gru,lstm", "sweep.confirm=3", "sweep.workers=1").name == name
    others = [
        ("sweep.search=random", "sweep.trials=5", LR, "cell=gru,lstm"),
        (*TPE, LR, "cell=gru,rnn"),
        (*TPE, "optimizer.lr=tag(log,interval(1e-4,1))", "cell=gru,lstm"),
        (*TPE, "optimizer.lr=interval(1e-4,1e-1)", "cell=gru,lstm"),
        (*TPE, LR, "cell=gru,lstm", "sweep.objective=val/loss"),
        (*TPE, LR, "cell=gru,lstm", "seeds=2"),
        (*TPE, LR, "cell=gru,lstm", "seed=1"),
    ]
    assert name not in {planned(*other).name for other in others}


def test_objectives_and_directions_by_name() -> None:
    def objectives(*overrides: str) -> list[str]:
        return list(map(str, planned(*TPE, LR, *overrides).objectives))

    assert objectives("sweep.objective=val/loss") == ["val/loss (minimize)"]
    assert objectives("sweep.objective=[val/macro_f1,parameters]") == [
        "val/macro_f1 (maximize)", "parameters (minimize)",
    ]  # fmt: skip
    assert objectives("sweep.objective=val/loss", "sweep.direction=maximize") == [
        "val/loss (maximize)"
    ]
    assert objectives(
        "sweep.objective=[train/loss,train_seconds]", "sweep.direction=[minimize,maximize]"
    ) == ["train/loss (minimize)", "train_seconds (maximize)"]


def test_a_grid_is_confirmed_by_what_its_runs_monitor() -> None:
    found = planned("cell=gru,lstm", "sweep.confirm=1")
    assert found.search is None
    assert len(found.jobs) == 2
    assert list(map(str, found.objectives)) == ["val/accuracy (maximize)"]
    assert found.total == 2 + 5


@pytest.mark.parametrize(
    ("overrides", "line"),
    [
        ([LR], "optimizer.lr=tag(log,interval(1e-4,1e-1)): is an interval, and a grid needs val"),
        (["sweep.search=tpe", LR], "sweep.trials: is required: how many settings to try"),
        ([*TPE], "sweep.search=tpe: nothing is searched; give a key several values, such as"),
        ([*TPE, "seeds=3"], "sweep.search=tpe: nothing is searched"),
        ([*TPE, "seed=interval(0,9)"], "seed=interval(0,9): seeds are replicates of each setting"),
        (["sweep.trials=5", "cell=gru,lstm"], "sweep.trials=5: a grid tries all its values; swee"),
        (["sweep.search=tpo", "sweep.trials=5", LR], "sweep.search=tpo: is not a choice; did you"),
        ([*TPE[:1], "sweep.trials=0", LR], "sweep.trials=0: must be >= 1 and <= 100000"),
        ([*TPE, LR, "sweep.confirm=-1"], "sweep.confirm=-1: must be >= 0"),
        (["sweep.search=cmaes", "sweep.trials=5", LR], "sweep.search=cmaes: needs two keys"),
        (["sweep.search=cmaes", "sweep.trials=5", LR, "cell=gru,lstm"], "sweep.search=cmaes: cho"),
        (
            ["sweep.search=cmaes", "sweep.trials=5", LR, "backbone.layers=range(1,4)",
             "sweep.objective=[val/loss,parameters]"],
            "sweep.search=cmaes: has one objective",
        ),
        ([*TPE, "optimizer.lr=tag(log,interval(0,1))"], "optimizer.lr=tag(log,interval(0,1)): a l"),
        ([*TPE, LR, LR], "optimizer.lr: is there more than once"),
        (
            [*TPE, LR, "sweep.objective=val/los"],
            "sweep.objective=val/los: no run logs it; did you mean val/loss?; valid: val/accuracy,",
        ),
        ([*TPE, LR, "sweep.objective=[val/loss,nope]"], "sweep.objective=nope: no run logs it"),
        (["cell=gru,lstm", "sweep.objective=nope"], "sweep.objective=nope: no run logs it"),
        ([*TPE, LR, "sweep.objective=test/loss"], "sweep.objective=test/loss: would choose by the"),
        ([*TPE, LR, "sweep.objective=[]"], "sweep.objective=[]: names nothing"),
        ([*TPE, LR, "sweep.objective=[val/loss,val/loss]"], "sweep.objective=[val/loss,val/loss]:"),
        (
            [*TPE, LR, "trainer.limit_val_batches=0"],
            "sweep.objective=val/accuracy: no run logs it: trainer.limit_val_batches=0 leaves no v",
        ),
        (
            [*TPE, LR, "sweep.objective=[val/loss,parameters]", "sweep.direction=minimize"],
            "sweep.direction=minimize: must have one direction for each of [val/loss,parameters]",
        ),
        ([*TPE, LR, "sweep.direction=up"], "sweep.direction=up: must be "),
        (
            [*TPE, LR, "sweep.storage=postgresql://me:secret@host/db"],
            "sweep.storage=postgresql://host/db: has a password in it, which would get into files",
        ),
        ([*TPE, LR, "sweep.storage=${oc.env:NOT_THERE_AT_ALL}"], "sweep.storage=${oc.env:NOT_THE"),
        # What the corners show: a value without an order, and an end of a range.
        ([*TPE, LR, "cell=gru,nope"], "cell=nope: is not an option"),
        ([*TPE, "backbone.layers=int(interval(0,2))"], "backbone.layers=0: must be >= 1"),
        ([*TPE, "backbone.layers=interval(1,2)"], "backbone.layers=interval(1,2): takes whole nu"),
        ([*TPE, LR, "task=many_to_one,one_to_one"], "task=one_to_one: "),
    ],
)  # fmt: skip
def test_what_cannot_be_searched_is_one_line(overrides: list[str], line: str) -> None:
    (told,) = lines(*overrides)
    assert told.startswith(line)
    assert "secret" not in told


def test_a_score_whose_direction_nobody_knows_needs_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnnlab.sweeps.objectives.known_direction", lambda score: None)
    (told,) = lines(*TPE, LR, "sweep.objective=val/macro_f1")
    assert told == (
        "sweep.direction: is required: nobody knows which values of val/macro_f1 are better; "
        "valid: minimize, maximize"
    )


def test_a_search_over_tasks_with_other_scores_needs_an_objective() -> None:
    with pytest.raises(ConfigError) as caught:
        plan([*TPE, "experiment=adding,digits_rows", "tracking.enabled=false"])
    assert str(caught.value).startswith(
        "sweep.objective=null: the runs are of several tasks, their scores"
    )


def test_all_mistakes_at_the_corners_are_told_together() -> None:
    found = lines(*TPE, "optimizer.lr=interval(-1,1)", "cell=gru,nope", "trainer.x=3")
    assert sorted(line.partition(":")[0] for line in found) == [
        "cell=nope", "optimizer.lr=-1.0", "trainer.x",
    ]  # fmt: skip
