"""What a worker claims; that it executes is tested with real processes in executors/."""

import pytest

from rnnlab.errors import Pruned, StorageError
from rnnlab.runs.folder import Status
from rnnlab.runs.json_files import read_json, write_json
from rnnlab.sweeps import worker
from rnnlab.sweeps.disk import DISK
from rnnlab.sweeps.executors.executor import Work
from rnnlab.sweeps.folder import SweepFolder
from rnnlab.sweeps.pruner import Pruner
from rnnlab.sweeps.trial_ticket import TrialTicket
from rnnlab.sweeps.worker import TAKEN, work
from tests.sweeps.jobs import job


@pytest.fixture
def run(tmp_path):
    return SweepFolder(tmp_path).make_run(job("a"))


@pytest.fixture
def executed(monkeypatch):
    found = []

    def execute(attempt, *, resume, tracked, pruning):
        assert resume
        assert not tracked
        assert pruning is None
        found.append(attempt.path.name)

    monkeypatch.setattr(worker, "execute", execute)
    monkeypatch.setattr(worker, "_print_into", lambda path: None)
    return found


def test_it_executes_what_it_has_claimed(run, executed):
    assert work(Work(run.path, 0)) == 0
    assert executed == ["1"]


@pytest.mark.parametrize("status", [Status.CREATED, Status.RUNNING, Status.FINISHED, Status.PRUNED])
def test_what_somebody_else_has_is_left_to_them(run, executed, status):
    run.claim(0).write_status(status)
    assert work(Work(run.path, 0)) == TAKEN
    assert executed == []
    assert run.numbers() == [1]


@pytest.mark.parametrize("status", [Status.PREEMPTED, Status.KILLED, Status.FAILED])
def test_the_same_job_once_more_goes_on_where_it_was_interrupted(run, executed, status):
    run.claim(0).write_status(status)
    assert work(Work(run.path, 0)) == 0
    assert executed == ["2"]


def test_what_died_with_this_machine_is_gone_on_with(run, executed, monkeypatch):
    attempt = run.claim(0)
    attempt.write_status(Status.RUNNING)
    said = {**attempt.read_status(), "pid": 2**22 + 1}  # more than there can be
    write_json(attempt.path / "status.json", said)
    assert work(Work(run.path, 0)) == 0
    assert executed == ["2"]
    assert attempt.read_status()["status"] == Status.KILLED


def test_an_error_is_its_exit_code(run, monkeypatch, executed, capsys):
    def execute(attempt, *, resume, tracked, pruning):
        raise StorageError("the disk is full")

    monkeypatch.setattr(worker, "execute", execute)
    assert work(Work(run.path, 0)) == 4
    assert capsys.readouterr().err == "rnnlab: error: the disk is full\n"


def test_what_every_run_would_meet_is_left_to_the_driver_to_tell(
    run, monkeypatch, executed, capsys
):
    def execute(attempt, *, resume, tracked, pruning):
        raise StorageError("last.ckpt cannot be written") from OSError(28, "full")

    monkeypatch.setattr(worker, "execute", execute)
    assert work(Work(run.path, 0)) == DISK
    assert capsys.readouterr().err == ""


def test_a_trial_with_a_rule_is_pruned_by_it_and_that_is_no_failure(run, executed, monkeypatch):
    def execute(attempt, *, resume, tracked, pruning):
        assert pruning.objective == "val/loss"
        raise Pruned("after 2 epochs")

    monkeypatch.setattr(worker, "execute", execute)
    rule = Pruner("median", warmup=1, startup=5, epochs=20)
    TrialTicket(None, "s", 0, "val/loss", "minimize", rule).write(run.path)
    assert work(Work(run.path, 0)) == 0


def test_a_trial_without_a_rule_is_not_pruned(run, executed):
    TrialTicket(None, "s", 0, "val/loss", "minimize").write(run.path)
    assert work(Work(run.path, 0)) == 0
    assert executed == ["1"]


@pytest.mark.parametrize(
    ("pruner", "why"),
    [
        ({"rule": "median"}, "pruner.warmup is missing"),
        ({"rule": "dice", "warmup": 1, "startup": 5, "epochs": 2}, "pruner.rule is 'dice'"),
    ],
)
def test_a_damaged_ticket_is_told(run, executed, capsys, pruner, why):
    TrialTicket(None, "s", 0, "val/loss", "minimize").write(run.path)
    path = run.path / "trial.json"
    write_json(path, {**read_json(path), "pruner": pruner})
    assert work(Work(run.path, 0)) == 4
    assert capsys.readouterr().err == f"rnnlab: error: {path}: cannot be read: {why}\n"
