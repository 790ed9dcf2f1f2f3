import json

import optuna
import pytest

from rnnlab.errors import ConfigError, StorageError
from rnnlab.sweeps.objectives import Objective
from tests.sweeps.searching import LOSS, Case


@pytest.fixture(autouse=True)
def in_no_time(monkeypatch):
    monkeypatch.setattr("os.fsync", lambda file: None)


def test_no_more_are_asked_for_than_there_are_to_be(tmp_path):
    study = Case(tmp_path).study(trials=2)
    first, second = study.ask(), study.ask()
    assert (first.number, second.number) == (0, 1)
    assert study.ask() is None
    study.tell_failed(0, "the loss is NaN")  # it counts
    study.tell(1, [0.5])
    assert study.ask() is None
    assert [(t.state, t.values, t.cause) for t in study.tried()] == [
        ("FAIL", (), "the loss is NaN"), ("COMPLETE", (0.5,), None),
    ]  # fmt: skip


def test_what_was_told_stays(tmp_path):
    case = Case(tmp_path)
    study, other = case.study(), case.study()
    study.ask()
    study.tell(0, [0.5])
    other.tell(0, [0.9])
    other.tell_failed(0, "too late")
    other.tell_pruned(0)
    other.note_runs(0, "setting", {"a": 1})
    (tried,) = study.tried()
    assert (tried.state, tried.values, tried.cause) == ("COMPLETE", (0.5,), None)


def test_runs_are_noted(tmp_path):
    study = Case(tmp_path).study()
    study.ask()
    study.note_runs(0, "setting", {"a": 1, "b": 2})
    study.tell_pruned(0)
    (tried,) = study.tried()
    assert (tried.setting, tried.runs, tried.state) == ("setting", {"a": 1, "b": 2}, "PRUNED")


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"overrides": ("x=interval(-1,2)", "y=tag(log,interval(1e-3,1))", "kind=a,b")}, "keys"),
        ({"overrides": ("x=interval(-1,1)",)}, "keys"),
        ({"objectives": (Objective("val/accuracy", "minimize"),)}, "objectives"),
        ({"seeds": 2}, "seeds"),
    ],
)
def test_another_question_under_the_same_name_is_refused(tmp_path, change, part):
    Case(tmp_path).study()
    with pytest.raises(ConfigError) as caught:
        Case(tmp_path, **change).study()
    assert str(caught.value).startswith(f"sweep.name=s: is a search with other {part}")


def test_another_number_of_objectives_is_refused_too(tmp_path):
    Case(tmp_path).study()
    with pytest.raises(ConfigError, match=r"sweep\.name=s: is a search with other objectives"):
        Case(tmp_path, objectives=(LOSS, Objective("parameters", "minimize"))).study()


def test_another_direction_is_refused_too(tmp_path):
    Case(tmp_path).study()
    with pytest.raises(ConfigError, match=r"sweep\.name=s: is a search with other objectives"):
        Case(tmp_path, objectives=(Objective("val/loss", "maximize"),)).study()


def test_a_study_is_kept_in_one_place(tmp_path):
    case = Case(tmp_path)
    case.study()
    with pytest.raises(ConfigError, match=r"the study of this sweep is kept elsewhere; valid: nul"):
        case.study(storage=f"sqlite:///{tmp_path}/study.db")


def test_two_sweeps_of_one_name_in_one_database_are_two_studies(tmp_path):
    url = f"sqlite:///{tmp_path}/study.db"
    one, other = Case(tmp_path / "one").study(storage=url), Case(tmp_path / "b").study(storage=url)
    assert one.name != other.name
    one.ask()
    assert other.tried() == []
    for study in (one, other):
        study.close()


def test_a_secret_gets_into_no_file(tmp_path, monkeypatch):
    monkeypatch.setenv("STUDY", f"sqlite:///{tmp_path}/hidden.db")
    case = Case(tmp_path)
    case.study(storage="${oc.env:STUDY}").close()
    assert json.loads((case.folder.path / "study.json").read_text())["storage"] == "${oc.env:STUDY}"


def test_a_damaged_place_is_told(tmp_path):
    case = Case(tmp_path)
    case.folder.path.mkdir(parents=True)
    (case.folder.path / "study.json").write_text("{}")
    with pytest.raises(StorageError, match=r"study\.json: cannot be read"):
        case.study()


@pytest.fixture
def in_a_database(tmp_path, monkeypatch):
    study = Case(tmp_path).study(storage=f"sqlite:///{tmp_path}/study.db")
    pauses = []
    monkeypatch.setattr("rnnlab.sweeps.study.time.sleep", pauses.append)
    yield study, pauses
    study.close()


def away(times):
    """Return what raises as a database does that is away for so many calls, and then calls."""

    def patch(owner, name, monkeypatch):
        call, left = getattr(owner, name), [times]

        def failing(*args, **options):
            left[0] -= 1
            if left[0] >= 0:
                raise optuna.exceptions.StorageInternalError("the server is shutting down")
            return call(*args, **options)

        monkeypatch.setattr(owner, name, failing)

    return patch


def test_a_database_that_is_away_for_a_while_is_waited_for(in_a_database, monkeypatch, caplog):
    study, pauses = in_a_database
    away(2)(study._study, "ask", monkeypatch)
    away(3)(study._study, "tell", monkeypatch)
    assert study.ask().number == 0
    study.tell(0, [0.5])
    assert [(t.state, t.values) for t in study.tried()] == [("COMPLETE", (0.5,))]
    assert pauses == [1.0, 2.0, 1.0, 2.0, 4.0]
    assert "the server is shutting down; again in 1 seconds" in caplog.text


def test_but_not_for_ever(in_a_database, monkeypatch):
    study, pauses = in_a_database
    away(99)(study._study, "ask", monkeypatch)
    with pytest.raises(StorageError, match="the database refused: the server is shutting down"):
        study.ask()
    assert sum(pauses) == 63
