"""RunLogger against a real ``mlflow server``: away at the start, there, killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient

from rnnlab.tracking import RunLogger, environment, read_link, read_points, ui_command


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def status_of(url: str, host: str | None = None) -> int:
    request = urllib.request.Request(url, headers={"Host": host} if host else {})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            status: int = answer.status
            return status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    except OSError:
        return 0


@contextmanager
def server(store: str, port: int, folder: Path) -> Iterator[None]:
    """Run MLflow's server; leaving the block kills it with all its workers."""
    with (folder / "server.log").open("ab") as log:
        # A session of its own: the server forks workers, which must end with it.
        process = subprocess.Popen(
            ui_command(store, port),
            env=environment(),
            stdout=log,
            stderr=log,
            cwd=folder,
            start_new_session=True,
        )
        try:
            deadline = time.monotonic() + 120
            while status_of(f"http://127.0.0.1:{port}/health") != 200:
                assert process.poll() is None, (folder / "server.log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.1)
            yield
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=20)


def wait_until_sent(folder: Path) -> None:
    deadline = time.monotonic() + 60
    size = (folder / "metrics.jsonl").stat().st_size
    while (link := read_link(folder)) is None or link.sent < size:
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.timeout(300)
def test_no_point_is_lost_or_doubled_while_the_server_comes_and_goes(
    uri: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    address, folder = f"http://127.0.0.1:{port}", tmp_path / "run"

    def logger(uri: str) -> RunLogger:
        return RunLogger(
            folder,
            uri=uri,
            experiment="outage",
            run_name="r",
            params={"text": "x" * 6000},
            tags={"kind": "test"},
            system_interval=0.2,
        )

    def log(first: int, last: int) -> None:
        for step in range(first, last):
            run.log_metrics({"loss": 1 / (step + 1), "accuracy": step / 7, "epoch": 0}, step)

    run = logger(address)
    log(0, 700)
    assert run.run_id is None
    with server(uri, port, tmp_path):
        wait_until_sent(folder)
        assert status_of(address) == 200
        assert status_of(address, host="evil.example") == 403
    log(700, 900)
    assert not run.finish("FAILED", patience=0.5)
    assert "cannot be used" in caplog.text
    assert len([r for r in caplog.records if "cannot be used" in r.getMessage()]) <= 2

    run_id = run.run_id
    # The same store without its server: another start of one would only cost time.
    run = logger(uri)
    log(850, 1000)
    assert run.finish("FINISHED")
    assert run.run_id == run_id is not None

    client = MlflowClient(uri)
    stored = client.get_run(run_id)
    assert stored.info.status == "FINISHED"
    assert stored.data.params == {"text": "x" * 6000}
    assert stored.data.tags["kind"] == "test"
    points = read_points(folder / "metrics.jsonl")
    assert {p.step for p in points if p.name == "loss"} == set(range(1000))
    assert sorted((p.name, p.value, p.step, p.timestamp) for p in points) == sorted(
        (m.key, m.value, m.step, m.timestamp)
        for name in stored.data.metrics
        for m in client.get_metric_history(run_id, name)
    )
