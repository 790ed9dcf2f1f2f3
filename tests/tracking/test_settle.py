from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mlflow.tracking import MlflowClient

from rnnlab.tracking import RunLogger, is_settled, read_points, settle
from rnnlab.tracking.link import Link, read_link, write_link
from rnnlab.tracking.points import Point, PointsFile, encode

# A run that logs for as long as it lives, with the store away from the first points on.
KILLED = """
import sys, time
from pathlib import Path
from rnnlab.tracking import RunLogger
folder, uri = Path(sys.argv[1]), sys.argv[2]
logger = RunLogger(
    folder, uri=uri, experiment="e", run_name="r", params={"a": 1}, tags={"t": "1"},
    system_metrics=False,
)
step = 0
while True:
    logger.log_metrics({"loss": 1.0 / (step + 1)}, step)
    step += 1
    time.sleep(0.002)
"""


def points_of(uri: str, run_id: str) -> list[tuple[str, float, int, int]]:
    client = MlflowClient(uri)
    return sorted(
        (m.key, m.value, m.step, m.timestamp)
        for name in client.get_run(run_id).data.metrics
        for m in client.get_metric_history(run_id, name)
    )


def points_in(folder: Path) -> list[tuple[str, float, int, int]]:
    points = read_points(folder / "metrics.jsonl")
    return sorted((p.name, p.value, p.step, p.timestamp) for p in points)


def link_of(folder: Path) -> Link:
    link = read_link(folder)
    assert link is not None
    return link


@pytest.fixture
def folder(uri: str, tmp_path: Path) -> Path:
    """A run folder that MLflow got wholly, as FINISHED, with ten points."""
    folder = tmp_path / "run"
    logger = RunLogger(
        folder,
        uri=uri,
        experiment="e",
        run_name="r",
        params={"a": 1},
        tags={"t": "1"},
        system_metrics=False,
    )
    for step in range(10):
        logger.log_metrics({"loss": float(step)}, step)
    assert logger.finish("FINISHED")
    return folder


def log_more(folder: Path) -> None:
    """Points that MLflow does not have, and a torn one."""
    file = PointsFile(folder / "metrics.jsonl")
    file.append(Point("loss", float(step), step, None, 5000 + step) for step in range(10, 1500))
    file.close()
    with (folder / "metrics.jsonl").open("ab") as raw:
        raw.write(encode(Point("loss", 9.0, 9999, None, 1))[:-9])


def test_a_killed_run_is_told_of_wholly(uri: str, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(folder), uri])
    try:
        deadline = time.monotonic() + 60
        while not (link := read_link(folder)) or not link.sent:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    run_id = link_of(folder).run_id
    assert run_id is not None
    assert MlflowClient(uri).get_run(run_id).info.status == "RUNNING"
    with (folder / "metrics.jsonl").open("ab") as raw:
        raw.write(b'{"name": "lo')
    before = (folder / "metrics.jsonl").read_bytes()
    assert not is_settled(folder, "KILLED")
    config = folder / "config.yaml"
    config.write_text("a: 1\n")

    assert settle(
        folder,
        "KILLED",
        "signal 9",
        params={"a": 1, "b": 2},
        tags={"t": "1", "u": "2"},
        artifacts=[config, folder / "none"],
    )
    assert is_settled(folder, "KILLED")
    assert (folder / "metrics.jsonl").read_bytes() == before
    assert points_of(uri, run_id) == points_in(folder)
    run = MlflowClient(uri).get_run(run_id)
    assert run.info.status == run.data.tags["rnnlab.status"] == "KILLED"
    assert run.data.tags["rnnlab.cause"] == "signal 9"
    assert run.data.params == {"a": "1", "b": "2"}
    assert {"t": "1", "u": "2"}.items() <= run.data.tags.items()
    assert run.info.end_time == pytest.approx((folder / "metrics.jsonl").stat().st_mtime * 1e3, 1)
    assert [file.path for file in MlflowClient(uri).list_artifacts(run_id)] == ["config.yaml"]
    assert len(MlflowClient(uri).search_runs([run.info.experiment_id])) == 1


def test_what_is_settled_costs_nothing(folder: Path) -> None:
    log_more(folder)
    settle(folder, "FINISHED")
    code = (
        "import sys; from pathlib import Path; from rnnlab.tracking import settle;"
        f"print(settle(Path({str(folder)!r}), 'FINISHED'),"
        f"settle(Path({str(folder.parent)!r}), 'KILLED'), 'mlflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True True False\n"


@pytest.mark.parametrize("missing", ["status", "points", "sent", "other status"])
def test_whatever_is_missing_is_sent(folder: Path, uri: str, missing: str) -> None:
    link = link_of(folder)
    status: Any = "KILLED" if missing == "other status" else "FINISHED"
    if missing == "status":
        write_link(folder, replace(link, status=None))
    elif missing == "points":
        log_more(folder)
    elif missing == "sent":
        # A power failure took what was not on disk yet, so that the offset leads nowhere.
        write_link(folder, replace(link, sent=10**6, status=None))
        log_more(folder)
    assert not is_settled(folder, status)
    assert settle(folder, status, "why" if status == "KILLED" else None)
    assert is_settled(folder, status)
    assert link.run_id is not None
    assert points_of(uri, link.run_id) == points_in(folder)
    assert MlflowClient(uri).get_run(link.run_id).info.status == status


def test_a_link_of_an_older_version_is_settled(folder: Path, uri: str) -> None:
    link = link_of(folder)
    old = {"uri": link.uri, "run_id": link.run_id, "sent": 0}
    (folder / "mlflow.json").write_text(json.dumps(old))
    assert settle(folder, "FINISHED")
    assert link_of(folder).status == "FINISHED"
    assert points_of(uri, str(link.run_id)) == points_in(folder)


@pytest.mark.parametrize("gone", ["run", "experiment", "database"])
def test_what_was_deleted_is_not_made_again(
    folder: Path, uri: str, gone: str, caplog: pytest.LogCaptureFixture
) -> None:
    log_more(folder)
    client, run_id = MlflowClient(uri), str(link_of(folder).run_id)
    if gone == "run":
        client.delete_run(run_id)
    elif gone == "experiment":
        client.delete_experiment(client.get_run(run_id).info.experiment_id)
    else:
        os.remove(uri.removeprefix("sqlite:///"))
    began = time.monotonic()
    assert not settle(folder, "FINISHED", experiment="e", patience=30)
    assert time.monotonic() - began < 20
    assert len(caplog.records) == 1
    if gone == "database":
        assert not Path(uri.removeprefix("sqlite:///")).exists()
        return
    assert f"mlflow {gone}s restore" in caplog.text
    assert len(client.search_runs(["1"], run_view_type=3)) == 1
    if gone == "run":
        client.restore_run(run_id)
    else:
        client.restore_experiment("1")
    assert settle(folder, "FINISHED")
    assert points_of(uri, run_id) == points_in(folder)


def test_a_server_that_is_away_costs_one_warning_and_little_time(
    folder: Path,
    free_port: Callable[[], int],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    link = replace(link_of(folder), uri=f"http://127.0.0.1:{free_port()}", status=None)
    write_link(folder, link)
    assert not settle(folder, "FINISHED", patience=0.5)
    assert len(caplog.records) == 1
    assert "has not got all" in caplog.text
    assert capfd.readouterr().err == ""
    assert link_of(folder).run_id == link.run_id


def test_a_run_that_the_store_never_saw_is_made_only_where_asked(
    uri: str, tmp_path: Path, free_port: Callable[[], int], caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "run"
    logger = RunLogger(
        folder,
        uri=f"http://127.0.0.1:{free_port()}",
        experiment="e",
        run_name="r",
        params={},
        tags={},
        system_metrics=False,
    )
    logger.log_metrics({"loss": 1.0}, 0)
    assert not logger.finish("FINISHED", patience=0)
    # The same store, now that it is back, under the address that it has here.
    write_link(folder, replace(link_of(folder), uri=uri))
    caplog.clear()
    assert not settle(folder, "FINISHED")
    assert "never got" in caplog.text
    assert settle(folder, "FINISHED", experiment="e", run_name="r")
    run = MlflowClient(uri).get_run(str(link_of(folder).run_id))
    assert run.info.run_name == "r"
    assert run.info.start_time <= run.info.end_time
    assert points_of(uri, run.info.run_id) == points_in(folder)


def test_the_password_comes_from_the_argument_or_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from rnnlab.tracking.settle import address_of

    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    link = Link("http://host:5000", "a")
    assert address_of(link, None) == "http://host:5000"
    assert address_of(link, "http://me:pw@host:5000") == "http://me:pw@host:5000"
    assert address_of(link, "http://me:pw@other:5000") == "http://host:5000"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://you:pw@host:5000/")
    assert address_of(link, "sqlite:////x.db") == "http://you:pw@host:5000"


def test_a_copy_is_not_shown_by_the_run_of_its_original(
    folder: Path, uri: str, tmp_path: Path
) -> None:
    original = str(link_of(folder).run_id)
    copied = tmp_path / "copy"
    shutil.copytree(folder, copied)
    assert settle(copied, "KILLED", "why", uri=uri, experiment="e")
    assert MlflowClient(uri).get_run(original).info.status == "FINISHED"
    own = str(link_of(copied).run_id)
    assert own != original
    assert MlflowClient(uri).get_run(own).info.status == "KILLED"
    assert points_of(uri, own) == points_in(folder)
    # It has one now, and goes on in that.
    assert settle(copied, "FINISHED", uri=uri, experiment="e")
    assert link_of(copied).run_id == own


def test_a_moved_folder_keeps_its_run(folder: Path, uri: str, tmp_path: Path) -> None:
    original = link_of(folder).run_id
    moved = folder.rename(tmp_path / "moved")
    assert settle(moved, "KILLED", uri=uri, experiment="e")
    assert link_of(moved).run_id == original


def test_a_store_that_moved_with_its_runs_is_found(folder: Path, uri: str, tmp_path: Path) -> None:
    log_more(folder)
    database = Path(uri.removeprefix("sqlite:///"))
    moved = database.rename(tmp_path / "moved.db")
    assert settle(folder, "KILLED", uri=f"sqlite:///{moved}", experiment="e")
    assert link_of(folder).uri == f"sqlite:///{moved}"
