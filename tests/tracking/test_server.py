"""RunLogger against a real ``mlflow server``: away at the start, there, killed, misbehaving."""

from __future__ import annotations

import logging
import math
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from mlflow.tracking import MlflowClient

from rnnlab.tracking import RunLogger, read_link, read_points

WARNINGS_OF_AN_OUTAGE = 2  # Away, and back.


def wait_until_sent(folder: Path) -> None:
    deadline = time.monotonic() + 60
    size = (folder / "metrics.jsonl").stat().st_size
    while (link := read_link(folder)) is None or link.sent < size:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def in_folder(folder: Path) -> list[tuple[str, str, int, int]]:
    """Every point of a run folder, sorted; values as text, so that NaN equals NaN."""
    points = read_points(folder / "metrics.jsonl")
    return sorted((p.name, repr(p.value), p.step, p.timestamp) for p in points)


def in_mlflow(store: str, run_id: str | None) -> list[tuple[str, str, int, int]]:
    """Every point of an MLflow run, read past its server."""
    assert run_id is not None
    client = MlflowClient(store)
    return sorted(
        (m.key, repr(m.value), m.step, m.timestamp)
        for name in client.get_run(run_id).data.metrics
        for m in client.get_metric_history(run_id, name)
    )


def logger_of(folder: Path, uri: str, experiment: str, **options: Any) -> RunLogger:
    return RunLogger(
        folder,
        uri=uri,
        experiment=experiment,
        run_name="r",
        params={"text": "x" * 6000},
        tags={"kind": "test"},
        **{"system_interval": 0.2, **options},
    )


class Training:
    """Logs a step every few milliseconds and notes how long it was ever held up."""

    def __init__(self, logger: RunLogger) -> None:
        self.logger, self.step, self.longest = logger, 0, 0.0

    def go_on(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (began := time.monotonic()) < end:
            loss = math.nan if self.step % 7 == 3 else 1 / (self.step + 1)
            metrics = {"loss": loss, "accuracy": self.step / 7, "epoch": 0}
            self.logger.log_metrics(metrics, self.step)
            self.longest = max(self.longest, time.monotonic() - began)
            self.step += 1
            time.sleep(0.005)


def check_whole(store: str, folder: Path, experiment: str, logger: RunLogger) -> None:
    """MLflow has one run of the experiment, with the folder's points and all that belongs to it."""
    client = MlflowClient(store)
    found = client.get_experiment_by_name(experiment)
    assert found is not None
    (run,) = client.search_runs([found.experiment_id])
    assert run.info.run_id == logger.run_id
    assert run.info.status == "FINISHED"
    assert run.data.tags["rnnlab.status"] == "FINISHED"
    assert run.data.tags["kind"] == "test"
    assert run.data.params == {"text": "x" * 6000}
    assert in_mlflow(store, logger.run_id) == in_folder(folder)
    link = read_link(folder)
    assert link is not None
    assert link.status == "FINISHED"


@pytest.mark.timeout(300)
@pytest.mark.slow
def test_no_point_is_lost_or_doubled_while_the_server_comes_and_goes(
    uri: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    server: Any,
    free_port: Callable[[], int],
) -> None:
    port = free_port()
    address, folder = f"http://127.0.0.1:{port}", tmp_path / "run"

    def log(first: int, last: int) -> None:
        for step in range(first, last):
            run.log_metrics({"loss": 1 / (step + 1), "accuracy": step / 7, "epoch": 0}, step)

    run = logger_of(folder, address, "outage")
    log(0, 700)
    assert run.run_id is None
    with server(uri, port, tmp_path):
        wait_until_sent(folder)
    log(700, 900)
    assert not run.finish("FAILED", patience=0.5)
    assert "cannot be used" in caplog.text
    assert len([r for r in caplog.records if "cannot be used" in r.getMessage()]) <= 2

    run_id = run.run_id
    # The same store without its server: another start of one would only cost time.
    run = logger_of(folder, uri, "outage")
    log(850, 1000)
    assert run.finish("FINISHED")
    assert run.run_id == run_id is not None
    points = read_points(folder / "metrics.jsonl")
    assert {p.step for p in points if p.name == "loss"} == set(range(1000))
    check_whole(uri, folder, "outage", run)


@pytest.mark.parametrize("fault", [500, 400, 401, 403, 404, "drop", "lost", "hang"])
@pytest.mark.slow
def test_a_server_that_misbehaves_for_a_while_costs_nothing(
    fault: int | str,
    proxy: Any,
    served_store: tuple[str, int],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if fault == "hang":
        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    folder, experiment = tmp_path / "run", f"fault {fault}"
    # From the first request on, so that making the experiment and the run meets the fault too.
    proxy.fault = fault
    logger = logger_of(folder, proxy.address, experiment)
    training = Training(logger)
    deadline = time.monotonic() + 60
    while not proxy.faults:
        assert time.monotonic() < deadline
        training.go_on(0.1)
    training.go_on(1.2)
    first = proxy.faults
    proxy.fault = None
    training.go_on(0.1)
    deadline = time.monotonic() + 60
    while logger.run_id is None:
        assert time.monotonic() < deadline
        training.go_on(0.1)
    # And again in the middle, when points, tags and artifacts are on the way.
    proxy.fault = fault
    logger.set_tags({"late": "tag"})
    training.go_on(1.6)
    proxy.fault = None
    assert proxy.faults > first
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
    # On a busy machine the real server may need longer than the patience of five seconds.
    assert logger.finish("FINISHED", patience=30)
    assert training.longest < 1
    check_whole(served_store[0], folder, experiment, logger)
    run = MlflowClient(served_store[0]).get_run(str(logger.run_id))
    assert run.data.tags["late"] == "tag"
    warnings = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    assert 1 <= len(warnings) <= WARNINGS_OF_AN_OUTAGE, warnings


@pytest.mark.slow
def test_answers_that_are_lost_from_begin_to_end_cost_nothing(
    proxy: Any, served_store: tuple[str, int], tmp_path: Path
) -> None:
    proxy.fault, proxy.share = "lost", 0.4
    logger = logger_of(tmp_path / "run", proxy.address, "flapping", system_metrics=False)
    Training(logger).go_on(2)
    assert logger.finish("FINISHED", patience=30)
    assert proxy.faults
    check_whole(served_store[0], tmp_path / "run", "flapping", logger)


@pytest.mark.slow
def test_a_server_that_hangs_at_the_end_is_left_in_time(
    proxy: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "3")
    logger = logger_of(tmp_path / "run", proxy.address, "hangs")
    training = Training(logger)
    while logger.run_id is None:
        training.go_on(0.1)
    proxy.fault = "hang"
    training.go_on(0.2)
    began = time.monotonic()
    assert not logger.finish("FINISHED", timeout=1)
    assert time.monotonic() - began < 2
    assert [r.getMessage().count("has not got all") for r in caplog.records] == [1]
    # What comes of the request no longer touches the folder, and the thread ends with it.
    before = (tmp_path / "run" / "mlflow.json").read_bytes()
    proxy.fault = None
    assert logger._spool is not None
    logger._spool._thread.join(timeout=20)
    assert not logger._spool._thread.is_alive()
    assert (tmp_path / "run" / "mlflow.json").read_bytes() == before
    assert not [t for t in threading.enumerate() if t.name == "rnnlab-system"]


@contextmanager
def locked(uri: str) -> Iterator[None]:
    """Hold the store so that nobody else can read or write it."""
    connection = sqlite3.connect(uri.removeprefix("sqlite:///"), timeout=30)
    connection.isolation_level = None
    connection.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


@pytest.mark.parametrize("seconds", [2.5, pytest.param(30, marks=pytest.mark.slow)])
def test_a_locked_database_costs_nothing(
    seconds: float, uri: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    logger = logger_of(tmp_path / "run", uri, "locked")
    training = Training(logger)
    while logger.run_id is None:
        training.go_on(0.1)
    with locked(uri):
        training.go_on(seconds)
    training.go_on(0.2)
    assert logger.finish("FINISHED")
    assert training.longest < 2
    check_whole(uri, tmp_path / "run", "locked", logger)
    assert capfd.readouterr().err == ""


@pytest.mark.slow
def test_a_database_that_stays_locked_is_said_once_and_without_a_traceback(
    uri: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with locked(uri):
        logger = logger_of(tmp_path / "run", uri, "locked from the start", system_metrics=False)
        training = Training(logger)
        training.go_on(7)
        assert not logger.finish("FINISHED", timeout=0.5)
    assert capfd.readouterr().err == ""
    assert len(caplog.records) <= 2
    logger = logger_of(tmp_path / "run", uri, "locked from the start", system_metrics=False)
    assert logger.finish("FINISHED")
    check_whole(uri, tmp_path / "run", "locked from the start", logger)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_server_killed_for_a_minute_costs_nothing(
    uri: str,
    tmp_path: Path,
    server: Any,
    free_port: Callable[[], int],
    caplog: pytest.LogCaptureFixture,
) -> None:
    port = free_port()
    logger = logger_of(tmp_path / "run", f"http://127.0.0.1:{port}", "killed")
    training = Training(logger)
    with server(uri, port, tmp_path):
        while logger.run_id is None:
            training.go_on(0.1)
        training.go_on(2)
    training.go_on(60)
    with server(uri, port, tmp_path):
        training.go_on(1)
        assert logger.finish("FINISHED", patience=60)
    assert training.longest < 1
    check_whole(uri, tmp_path / "run", "killed", logger)
    warnings = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    assert len(warnings) <= 2 * WARNINGS_OF_AN_OUTAGE, warnings
