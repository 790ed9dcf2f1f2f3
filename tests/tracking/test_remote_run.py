"""Through the sending process into a real store, and what becomes of it when somebody dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from mlflow.tracking import MlflowClient

from rnnlab.tracking import RunLogger, is_settled, read_link, read_points, settle
from rnnlab.tracking.link import Link
from rnnlab.tracking.opening import open_run
from rnnlab.tracking.points import Point
from rnnlab.tracking.remote_run import RemoteRun, RemoteStore
from rnnlab.tracking.sender_process import SenderGone


def in_mlflow(store: str, run_id: str | None) -> list[tuple[str, float, int, int]]:
    """Every point of an MLflow run, sorted."""
    assert run_id is not None
    client = MlflowClient(store)
    return sorted(
        (m.key, m.value, m.step, m.timestamp)
        for name in client.get_run(run_id).data.metrics
        for m in client.get_metric_history(run_id, name)
    )


def in_folder(folder: Path) -> list[tuple[str, float, int, int]]:
    """Every point of a run folder, sorted."""
    points = read_points(folder / "metrics.jsonl")
    return sorted((p.name, p.value, p.step, p.timestamp) for p in points)


def wait_for(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def lives(pid: int) -> bool:
    """Return whether a process is there, and not only waits for being reaped."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def store_of() -> Iterator[Callable[[str], RemoteStore]]:
    """Return a store of a URI; its sender is ended after the test."""
    stores: list[RemoteStore] = []

    def one(uri: str) -> RemoteStore:
        stores.append(RemoteStore(uri, "e", "r", 5000))
        return stores[-1]

    yield one
    for store in stores:
        store.end()


@pytest.fixture
def make(uri: str, tmp_path: Path) -> Iterator[Callable[..., RunLogger]]:
    """Make a logger of the folder ``run``."""
    made: list[RunLogger] = []

    def build(**options: Any) -> RunLogger:
        options = {"uri": uri, "experiment": "e", "run_name": "r", "params": {"a": 1}, **options}
        made.append(RunLogger(tmp_path / "run", tags={"t": "1"}, system_metrics=False, **options))
        return made[-1]

    yield build
    for logger in made:
        logger.finish("FAILED", timeout=0)


def sender_of(logger: RunLogger) -> int | None:
    """Return the process id of a logger's sender."""
    assert logger._store is not None
    sender = logger._store._sender
    return sender._process.pid if sender is not None else None


@pytest.mark.parametrize("behind", ["sqlite", "server"])
def test_everything_arrives(
    behind: str,
    uri: str,
    served_store: tuple[str, int],
    store_of: Callable[[str], RemoteStore],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("files").mkdir()
    Path("files", "one.txt").write_text("1\n")
    store = served_store[0] if behind == "server" else uri
    address = f"http://127.0.0.1:{served_store[1]}" if behind == "server" else uri
    asked: list[None] = []
    link = Link(address, key=f"key of {behind}")
    run = store_of(address).open_run(link, lambda: asked.append(None))
    assert len(asked) == 2
    points = [Point(f"loss{i % 3}", 0.5 * i, i, i // 7, 6000 + i) for i in range(1500)]
    run.log_points(iter(points))
    run.log_points(points[:10])
    run.log_params({"cell": {"hidden_size": 8, "text": "ü"}, "object": {"path": tmp_path}})
    run.set_tags({"kind": "test"})
    run.log_artifact(Path("files", "one.txt"))
    run.log_artifact(Path("files"), "all")
    run.check_active()
    run.finish("PREEMPTED", "why", 9000)

    client = MlflowClient(store)
    shown = client.get_run(run.run_id)
    assert shown.info.run_name == "r"
    assert (shown.info.start_time, shown.info.end_time) == (5000, 9000)
    assert shown.info.status == "KILLED"
    assert shown.data.params == {
        "cell.hidden_size": "8",
        "cell.text": "ü",
        "object.path": f'"{tmp_path}"',
    }
    expected = {"kind": "test", "rnnlab.status": "PREEMPTED", "rnnlab.cause": "why"}
    assert expected.items() <= shown.data.tags.items()
    assert in_mlflow(store, run.run_id) == sorted(
        (p.name, p.value, p.step, p.timestamp) for p in points
    )
    names = {f.path for f in MlflowClient(address).list_artifacts(run.run_id)}
    assert names == {"one.txt", "all"}


def test_a_run_is_opened_again_in_the_same_process(
    uri: str, store_of: Callable[[str], RemoteStore]
) -> None:
    store = store_of(uri)
    first = store.open_run(Link(uri, key="k"), lambda: None)
    again = store.open_run(Link(uri, first.run_id, key="k"), lambda: None)
    assert first.run_id == again.run_id
    assert first._sender is again._sender


def test_after_the_end_no_process_is_started(
    uri: str, store_of: Callable[[str], RemoteStore]
) -> None:
    store = store_of(uri)
    run = store.open_run(Link(uri, key="k"), lambda: None)
    store.end()
    with pytest.raises(SenderGone):
        run.check_active()
    sender = store._sender
    with pytest.raises(SenderGone):
        store.open_run(Link(uri, key="k"), lambda: None)
    assert store._sender is sender


@pytest.mark.parametrize("delay", [0.0, 0.02, 0.06])
@pytest.mark.slow
def test_a_sender_that_is_killed_among_its_points_costs_none(
    make: Callable[..., RunLogger],
    uri: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    delay: float,
) -> None:
    killed: list[int] = []
    log_points = RemoteRun.log_points

    def mortal(run: RemoteRun, points: Iterable[Point]) -> None:
        batches.append(None)
        if len(batches) == 3:
            killed.append(run._sender._process.pid)
            threading.Timer(delay, os.kill, (killed[0], signal.SIGKILL)).start()
        log_points(run, points)

    batches: list[None] = []
    monkeypatch.setattr(RemoteRun, "log_points", mortal)
    logger = make(at_first_point=True)
    for step in range(5000):
        logger.log_metrics({"loss": 1 / (step + 1)}, step)
    wait_for(lambda: killed and sender_of(logger) not in (None, killed[0]))
    assert logger.finish("FINISHED", patience=60)
    assert in_mlflow(uri, logger.run_id) == in_folder(tmp_path / "run")
    client = MlflowClient(uri)
    (run,) = client.search_runs([client.get_run(str(logger.run_id)).info.experiment_id])
    assert (run.info.status, run.data.params, run.data.tags["t"]) == ("FINISHED", {"a": "1"}, "1")
    lost, back = (record.getMessage() for record in caplog.records)
    assert "cannot be used (the process that sends to it was killed by SIGKILL); the run" in lost
    assert "has got all" in back


def test_finishing_ends_the_sender(make: Callable[..., RunLogger]) -> None:
    logger = make()
    wait_for(lambda: logger.run_id)
    pid = sender_of(logger)
    assert pid is not None
    assert lives(pid)
    assert logger.finish("FINISHED")
    assert not psutil.pid_exists(pid)


@pytest.mark.slow
def test_a_server_that_never_answers_does_not_keep_the_sender(
    make: Callable[..., RunLogger], proxy: Any
) -> None:
    logger = make(uri=proxy.address)
    wait_for(lambda: logger.run_id)
    pid = sender_of(logger)
    assert pid is not None
    proxy.fault = "hang"
    logger.set_tags({"late": "tag"})
    wait_for(lambda: proxy.faults)
    assert not logger.finish("FINISHED", timeout=0.2)
    assert not psutil.pid_exists(pid)
    assert logger._spool is not None
    logger._spool._thread.join(20)
    assert not logger._spool._thread.is_alive()
    assert sender_of(logger) == pid


def test_a_refused_name_is_said_in_the_words_of_mlflow(
    make: Callable[..., RunLogger], uri: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(Exception, match="alphanumerics") as here:
        open_run(uri, "other", "r").log_points([Point("a*b", 1.0, 0, None, 0)])
    logger = make()
    for step in range(30):
        logger.log_metrics({"loss": float(step), "a*b": 1.0}, step)
    assert logger.finish("FINISHED")
    (record,) = caplog.records
    first_line = str(here.value).splitlines()[0][:200]
    assert record.getMessage() == f"MLflow refuses the metric 'a*b': {first_line}"
    assert in_mlflow(uri, logger.run_id) == [
        point for point in in_folder(tmp_path / "run") if point[0] == "loss"
    ]


def test_a_deleted_run_is_said_with_the_way_back(
    make: Callable[..., RunLogger], uri: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    logger = make()
    wait_for(lambda: logger.run_id)
    MlflowClient(uri).delete_run(str(logger.run_id))
    logger.log_metrics({"loss": 1.0}, 1)
    assert not logger.finish("FINISHED", patience=30)
    back = f"MLFLOW_TRACKING_URI={uri} mlflow runs restore --run-id {logger.run_id}"
    why = f"run {logger.run_id} was deleted; to restore it: {back}"
    assert caplog.records[-1].getMessage() == (
        f"MLflow at {uri} has not got all of {tmp_path / 'run'} ({why}); "
        "what is missing stays in the folder"
    )


def test_a_warning_is_logged_in_this_process(
    make: Callable[..., RunLogger], caplog: pytest.LogCaptureFixture
) -> None:
    assert make(params={"long": 6001 * "x"}).finish("FINISHED")
    told = "too long for an MLflow param, see config.yaml: long"
    assert [(r.name, r.getMessage()) for r in caplog.records] == [
        ("rnnlab.tracking.mlflow_run", told)
    ]


# A run that logs for as long as it lives, or until it is interrupted.
ENDLESS = """
import os, sys, time
from pathlib import Path
from rnnlab.tracking import RunLogger
folder, uri = Path(sys.argv[1]), sys.argv[2]
logger = RunLogger(
    folder, uri=uri, experiment="e", run_name="r", params={"a": 1}, tags={"t": "1"},
    system_metrics=False,
)
step = 0
try:
    while True:
        logger.log_metrics({"loss": 1.0 / (step + 1)}, step)
        step += 1
        time.sleep(0.002)
        # A reader of data, which keeps all pipes of this process.
        if sys.argv[3:] and step == 500 and os.fork() == 0:
            Path(sys.argv[3]).write_text(str(os.getpid()))
            time.sleep(600)
except KeyboardInterrupt:
    print(logger.finish("KILLED", "Ctrl-C"))
"""


@pytest.fixture
def endless(uri: str, tmp_path: Path) -> Iterator[Callable[..., tuple[Any, int]]]:
    """Start such a run; return its process, when points have been sent, and its sender's id."""
    processes: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> tuple[Any, int]:
        command = [sys.executable, "-c", ENDLESS, str(tmp_path / "run"), uri, *arguments]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        processes.append(process)

        def sent() -> bool:
            assert process.poll() is None
            link = read_link(tmp_path / "run")
            return link is not None and link.sent > 0 and all(map(os.path.exists, arguments))

        wait_for(sent)
        children = psutil.Process(process.pid).children()
        (sender,) = [each for each in children if "rnnlab.tracking.sender" in each.cmdline()]
        return process, sender.pid

    yield start
    for process in processes:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("forked", [False, True])
@pytest.mark.slow
def test_a_killed_trainer_leaves_no_sender_and_can_be_settled(
    endless: Callable[..., tuple[Any, int]], uri: str, tmp_path: Path, forked: bool
) -> None:
    note = tmp_path / "forked"
    process, sender = endless(*([str(note)] if forked else []))
    try:
        process.send_signal(signal.SIGKILL)
        process.wait()
        wait_for(lambda: not lives(sender))
    finally:
        if forked:
            os.kill(int(note.read_text()), signal.SIGKILL)
    folder = tmp_path / "run"
    assert not is_settled(folder, "KILLED")
    assert settle(folder, "KILLED", "signal 9", params={"a": 1}, tags={"t": "1"})
    link = read_link(folder)
    assert link is not None
    assert in_mlflow(uri, link.run_id) == in_folder(folder)


@pytest.mark.slow
def test_ctrl_c_is_for_the_trainer_which_then_sends_all(
    endless: Callable[..., tuple[Any, int]], uri: str, tmp_path: Path
) -> None:
    process, sender = endless()
    os.killpg(process.pid, signal.SIGINT)
    assert process.communicate(timeout=60)[0] == "True\n"
    assert process.returncode == 0
    assert not lives(sender)
    link = read_link(tmp_path / "run")
    assert link is not None
    assert link.status == "KILLED"
    run = MlflowClient(uri).get_run(str(link.run_id))
    assert run.data.tags["rnnlab.cause"] == "Ctrl-C"
    assert in_mlflow(uri, link.run_id) == in_folder(tmp_path / "run")
