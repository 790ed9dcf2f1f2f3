"""The real process: how it is started, asked and ended, and what cannot disturb it."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from mlflow.tracking import MlflowClient

from rnnlab.tracking.lookup import Deleted
from rnnlab.tracking.refusal import Refusal
from rnnlab.tracking.sender_process import Failure, SenderGone, SenderProcess

Start = Callable[[], SenderProcess]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start senders, and end them after the test."""
    started: list[SenderProcess] = []

    def one() -> SenderProcess:
        started.append(SenderProcess())
        return started[-1]

    yield one
    for sender in started:
        sender.end()


def opened(sender: SenderProcess, uri: str, **options: Any) -> str:
    run_id: str = sender.ask("open", uri, "e", "r", None, "key", 1000, **options)
    return run_id


def path_first(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Have processes that are started look for modules in a folder first."""
    path = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    monkeypatch.setenv("PYTHONPATH", path)


def pid_of(sender: SenderProcess) -> int:
    return sender._process.pid


def test_errors_are_of_the_kinds_that_the_spool_knows(start: Start, uri: str) -> None:
    sender = start()
    run_id = opened(sender, uri)
    with pytest.raises(Refusal, match="Names may only contain alphanumerics"):
        sender.ask("log_points", [("a*b", 1.0, 0, None, 0)])
    with pytest.raises(Failure, match=r"tracking.uri=sqlite:////\S+: is no file"):
        sender.ask(
            "open", f"sqlite:///{Path(uri.removeprefix('sqlite:///')).parent}", *"er", *"abc"
        )
    MlflowClient(uri).delete_run(run_id)
    with pytest.raises(Deleted, match=f"mlflow runs restore --run-id {run_id}"):
        sender.ask("check_active")


def test_what_it_logs_is_logged_here(
    start: Start, uri: str, caplog: pytest.LogCaptureFixture
) -> None:
    sender = start()
    opened(sender, uri)
    with caplog.at_level(logging.INFO, "rnnlab"):
        sender.ask("log_params", {"long": "x" * 6001, "100%s": "x"})
    assert caplog.record_tuples == [
        (
            "rnnlab.tracking.mlflow_run",
            logging.WARNING,
            "too long for an MLflow param, see config.yaml: long",
        )
    ]


def test_other_threads_go_on_while_it_works(start: Start, tmp_path: Path) -> None:
    sender, steps = start(), 0
    # It imports MLflow and makes a database, which takes seconds.
    asking = threading.Thread(target=opened, args=(sender, f"sqlite:///{tmp_path}/mlflow.db"))
    asking.start()
    while asking.is_alive():
        steps += 1
        time.sleep(0.001)
    assert steps > 100


def test_its_own_session_and_no_signal_but_kill_ends_it(start: Start, uri: str) -> None:
    sender = start()
    opened(sender, uri)
    assert os.getsid(pid_of(sender)) == pid_of(sender) != os.getsid(0)
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGUSR1):
        os.kill(pid_of(sender), number)
        sender.ask("set_tags", {number.name: "ignored"})
    assert sender._process.poll() is None


def test_who_does_not_want_to_go_on_ends_it(start: Start, uri: str) -> None:
    class Enough(Exception):
        pass

    def stop() -> None:
        raise Enough

    sender = start()
    with pytest.raises(Enough):
        opened(sender, uri, proceed=stop)
    assert not psutil.pid_exists(pid_of(sender))
    (experiment,) = MlflowClient(uri).search_experiments(filter_string="name = 'e'")
    assert MlflowClient(uri).search_runs([experiment.experiment_id]) == []
    with pytest.raises(SenderGone):
        opened(sender, uri)


def test_a_request_that_is_never_answered_ends_with_the_sender(
    start: Start, uri: str, proxy: Any
) -> None:
    sender, raised = start(), threading.Event()
    opened(sender, proxy.address)
    proxy.fault = "hang"

    def ask() -> None:
        with pytest.raises(SenderGone, match="was killed by SIGKILL"):
            sender.ask("set_tags", {"a": "b"})
        raised.set()

    asking = threading.Thread(target=ask)
    asking.start()
    while not proxy.faults:
        time.sleep(0.01)
    sender.end()
    asking.join(20)
    assert raised.is_set()
    # Reaped, and its pipes closed.
    assert not psutil.pid_exists(pid_of(sender))
    assert sender._process.stdout is not None
    assert sender._process.stdout.closed
    sender.end()


def test_it_says_how_it_ended(
    start: Start, uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = start()
    opened(sender, uri)
    os.kill(pid_of(sender), signal.SIGKILL)
    with pytest.raises(SenderGone, match=r"^the process that sends to it was killed by SIGKILL$"):
        sender.ask("check_active")
    (tmp_path / "sitecustomize.py").write_text("import os; os._exit(3)\n")
    path_first(monkeypatch, tmp_path)
    with pytest.raises(
        SenderGone, match=r"^the process that sends to it has ended with exit code 3$"
    ):
        opened(start(), uri)


NOISE = """
import os, sys, threading, time
def noise():
    while True:
        print("noise", flush=True)
        os.write(1, b"noise without an end of line")
        time.sleep(0.001)
sys.stdout.write("noise that is written when the buffer is full or Python ends")
os.write(1, b"noise without an end of line")
threading.Thread(target=noise, daemon=True).start()
"""


def test_what_a_library_prints_does_not_disturb(
    start: Start,
    uri: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "sitecustomize.py").write_text(NOISE)
    path_first(monkeypatch, tmp_path)
    sender = start()
    opened(sender, uri)
    for step in range(50):
        sender.ask("log_points", [("loss", 1.0, step, None, 1)])
    sender.end()
    shown = capfd.readouterr()
    assert shown.out == ""
    assert "noise" in shown.err


def test_modules_of_the_working_folder_are_not_imported(
    start: Start, uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("mlflow", "queue", "rnnlab"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong module')\n")
    monkeypatch.chdir(tmp_path)
    assert opened(start(), uri)


@pytest.mark.parametrize("error", ["ImportError", "SystemExit"])
def test_a_broken_mlflow_is_an_error_like_others(
    start: Start, uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: str
) -> None:
    (tmp_path / "mlflow.py").write_text(f"raise {error}('no mlflow')\n")
    path_first(monkeypatch, tmp_path)
    sender = start()
    for _ in range(2):
        with pytest.raises(Failure, match=r"^no mlflow$"):
            opened(sender, uri)
