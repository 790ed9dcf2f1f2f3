"""A sweep in a real SQLite store: what is believed is shown, once, and nothing else."""

import json
import time
from collections import Counter

import pytest

from rnnlab.runs.folder import Status
from rnnlab.sweeps.feed import PARENT_TAG, Feed
from rnnlab.sweeps.folder import SweepFolder
from rnnlab.sweeps.outcome import Outcome
from rnnlab.tracking.link import read_link
from rnnlab.tracking.points import Point, PointsFile
from rnnlab.tracking.store import connect
from tests.sweeps.jobs import job
from tests.tracking.conftest import empty_store, uri  # noqa: F401


@pytest.fixture
def sweep(tmp_path):
    folder = SweepFolder(tmp_path / "sweep")
    (folder.path / "runs").mkdir(parents=True)
    folder.plan.write_text("{}")
    return folder


def log(attempt, steps, value=0.0):
    points = PointsFile(attempt.metrics)
    points.append(Point("train/loss", value + step, step, 0, 1000 + step) for step in steps)
    points.close()


def until(what, seconds=60):
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def outcome(sweep, job, status=Status.FINISHED, cause=None):
    believed = sweep.run(job.fingerprint).believed()
    believed.write_status(status, cause)
    return Outcome(job, status, cause, believed)


def test_runs_stand_below_the_one_of_the_sweep(sweep, uri):  # noqa: F811
    feed = Feed(sweep, uri, "digits")
    jobs = [job("a", cell="gru"), job("b", cell="lstm")]
    for each in jobs:
        attempt = sweep.make_run(each).claim(0)
        feed.begin(each, sweep.run(each.fingerprint))
        log(attempt, range(3))
    feed.end(outcome(sweep, jobs[0]))
    feed.end(outcome(sweep, jobs[1], Status.FAILED, "the loss is NaN"))
    assert feed.close("FAILED")
    client = connect(uri)
    (experiment,) = [e for e in client.search_experiments() if e.name == "digits"]
    runs = {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}
    assert {name: run.info.status for name, run in runs.items()} == {
        "sweep": "FAILED", "cell=gru": "FINISHED", "cell=lstm": "FAILED"
    }  # fmt: skip
    for name in ("cell=gru", "cell=lstm"):
        assert runs[name].data.tags[PARENT_TAG] == runs["sweep"].info.run_id
        assert runs[name].data.params["trainer.max_epochs"] == "3"
        history = client.get_metric_history(runs[name].info.run_id, "train/loss")
        assert [point.step for point in history] == [0, 1, 2]
    assert runs["cell=lstm"].data.tags["rnnlab.cause"] == "the loss is NaN"
    found = [item.path for item in client.list_artifacts(runs["sweep"].info.run_id)]
    assert found == ["sweep.json"]


def test_a_late_writer_changes_nothing(sweep, uri):  # noqa: F811
    feed = Feed(sweep, uri, "digits")
    each = job("a")
    run = sweep.make_run(each)
    first = run.claim(0)
    feed.begin(each, run)
    log(first, range(5))
    until(lambda: read_link(run.path).sent == first.metrics.stat().st_size)
    second = run.claim(1)
    log(first, range(5, 50), value=100.0)
    log(second, range(3, 8), value=0.5)
    feed.end(outcome(sweep, each))
    assert feed.close("FINISHED")
    client = connect(uri)
    history = client.get_metric_history(read_link(run.path).run_id, "train/loss")
    assert [point.step for point in sorted(history, key=lambda p: p.step)] == list(range(8))
    assert {p.step: p.value for p in history} == {
        **{step: float(step) for step in range(5)}, **{step: step + 0.5 for step in (5, 6, 7)}
    }  # fmt: skip


def test_what_mlflow_knows_already_is_not_sent_again(sweep, uri, monkeypatch):  # noqa: F811
    each = job("a")
    run = sweep.make_run(each)
    log(run.claim(0), range(3))
    feed = Feed(sweep, uri, "digits")
    feed.end(outcome(sweep, each))
    assert feed.close("FINISHED")
    before = read_link(run.path)
    feed = Feed(sweep, uri, "digits")
    feed.end(Outcome(each, Status.FINISHED, None, run.believed()))
    assert not feed._closed
    assert feed.close("FINISHED")
    assert read_link(run.path) == before
    client = connect(uri)
    names = Counter(r.info.run_name for r in client.search_runs(["1"]))
    assert names == {"sweep": 1, "run=a": 1}


def test_what_was_never_begun_is_not_shown(sweep, uri):  # noqa: F811
    feed = Feed(sweep, uri, "digits")
    feed.end(Outcome(job("a"), None))
    assert feed.close("KILLED")
    assert json.loads((sweep.path / "mlflow.json").read_text())["status"] == "KILLED"
    (run,) = connect(uri).search_runs(["1"])
    assert run.info.status == "KILLED"


def test_of_two_drivers_one_shows_each_run_and_one_the_sweep(sweep, uri):  # noqa: F811
    first, second = Feed(sweep, uri, "digits"), Feed(sweep, uri, "digits")
    jobs = [job("a"), job("b")]
    for feed, each in zip((first, second), jobs, strict=True):
        run = sweep.make_run(each)
        log(run.claim(0), range(3))
        feed.begin(each, run)
    outcomes = [outcome(sweep, each) for each in jobs]
    for feed in (first, second):  # each driver sees the end of all runs
        for ended in outcomes:
            feed.end(ended)
    assert first.close("FINISHED")
    assert second.close("FINISHED")
    runs = connect(uri).search_runs(["1"])
    assert Counter(run.info.run_name for run in runs) == {"sweep": 1, "run=a": 1, "run=b": 1}
    assert {run.info.status for run in runs} == {"FINISHED"}


def test_a_store_that_cannot_be_used_costs_no_point(sweep, tmp_path, caplog):
    feed = Feed(sweep, "http://127.0.0.1:9", "digits")
    each = job("a")
    run = sweep.make_run(each)
    log(run.claim(0), range(3))
    feed.begin(each, run)
    feed._parent._patience = 0.1
    ended = outcome(sweep, each)
    spool = feed._children.pop(run.path)
    assert not spool.close("FINISHED", patience=0.1)
    assert ended.status == Status.FINISHED
    assert not feed._parent.close("FINISHED", patience=0.1)
    assert read_link(run.path).status is None
    assert sum("cannot be used" in r.message for r in caplog.records) <= 1
