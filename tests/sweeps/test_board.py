import json
from datetime import UTC, datetime, timedelta

import pytest

from rnnlab.runs.folder import Status
from rnnlab.runs.json_files import write_json
from rnnlab.sweeps.board import Board, Line, last_epoch, left_seconds
from rnnlab.sweeps.folder import SweepFolder
from tests.sweeps.jobs import job

RESULT = {
    "scores": {"train": {"accuracy": 1.0}, "test": {"accuracy": 0.75}},
    "baselines": {},
    "monitor": "val/accuracy",
    "parameters": 7,
    "train_seconds": 1.5,
}


@pytest.fixture
def run(tmp_path):
    return SweepFolder(tmp_path).make_run(job("a"))


def line(run):
    return Board([("a", run)]).line("a")


def test_a_run_that_was_not_begun(run):
    assert line(run) == Line("a")
    assert not line(run).is_over


def test_a_run_that_runs_tells_its_epoch(run):
    attempt = run.claim(0)
    attempt.write_status(Status.RUNNING)
    attempt.metrics.write_text(json.dumps({"name": "x", "epoch": 1}) + '\n{"name": "torn')
    found = line(run)
    assert (found.status, found.epoch, found.epochs) == (Status.RUNNING, 1, 3)
    assert found.seconds is not None
    assert 0 <= found.seconds < 60


def test_a_run_that_has_finished_is_read_once(run):
    attempt = run.claim(0)
    attempt.write_status(Status.RUNNING)
    write_json(attempt.result, RESULT)
    attempt.write_status(Status.FINISHED)
    board = Board([("a", run)])
    (found,) = board.lines()
    assert (found.status, found.score, found.metric) == (Status.FINISHED, 0.75, "accuracy")
    assert found.is_over
    attempt.result.unlink()
    assert board.lines() == [found]


def test_the_cause_of_a_failure_and_the_number_of_attempts(run):
    run.claim(0).write_status(Status.FAILED, "x")
    run.claim(1).write_status(Status.FAILED, "the loss is NaN")
    found = line(run)
    assert (found.status, found.cause, found.attempts) == (Status.FAILED, "the loss is NaN", 2)


def test_a_damaged_status_is_a_cause_and_no_crash(run):
    (run.claim(0).path / "status.json").write_text("{")
    assert "cannot be read" in line(run).cause


def test_the_last_epoch_of_a_long_file_is_found_at_its_end(tmp_path):
    points = tmp_path / "metrics.jsonl"
    lines = [json.dumps({"name": "x", "epoch": number}) for number in range(5000)]
    lines.append(json.dumps({"name": "system/cpu", "epoch": None}))
    points.write_text("\n".join(lines) + "\n")
    assert last_epoch(points) == 4999
    assert last_epoch(tmp_path / "none") is None


def test_what_was_pruned_is_over_and_tells_why(run):
    run.claim(0).write_status(Status.PRUNED, "pruned after 3 epochs")
    found = line(run)
    assert (found.status, found.cause, found.score) == (
        Status.PRUNED, "pruned after 3 epochs", None,
    )  # fmt: skip
    assert found.is_over


def test_the_time_left_is_what_runs_took_to_their_end_over_the_workers():
    done, half, none = (
        Line("a", Status.FINISHED, seconds=10.0),
        Line("b", Status.RUNNING, seconds=4.0),
        Line("c"),
    )
    assert left_seconds([done, half, none], 2) == pytest.approx((6 + 10) / 2)
    assert left_seconds([half, none], 2) is None
    assert left_seconds([done, Line("b", Status.FAILED)], 2) == 0
    pruned = Line("b", Status.PRUNED, seconds=2.0)
    assert left_seconds([done, pruned, none, none], 1) == pytest.approx(2 * 6)


def test_seconds_are_those_between_the_statuses(run):
    attempt = run.claim(0)
    began = datetime(2026, 1, 1, tzinfo=UTC)
    said = attempt.read_status()
    ended = (began + timedelta(seconds=90)).isoformat()
    times = {"RUNNING": began.isoformat(), "FAILED": ended}
    write_json(attempt.path / "status.json", {**said, "status": "FAILED", "times": times})
    assert line(run).seconds == 90
