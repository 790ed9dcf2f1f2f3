"""The process of a seat, spoken to as its actor does."""

import json
import os
import signal
import subprocess
import sys

import psutil
import pytest

from rnnlab.runs.folder import Status
from tests.sweeps.executors.test_local import made, running, until


def trains(attempt):
    return attempt.metrics.exists() and "train/loss" in attempt.metrics.read_text()


class Server:
    def __init__(self, folder):
        command = [sys.executable, "-P", "-m", "rnnlab.sweeps.executors.ray.server", "1"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder
        )

    def say(self, **order):
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()

    def answer(self):
        return json.loads(self.process.stdout.readline())

    def end(self):
        if not self.process.stdin.closed:
            self.process.stdin.close()
        self.process.stdout.close()
        assert self.process.wait(60) == 0


@pytest.fixture
def server(tmp_path):
    # Neither shadows a module: the working folder is not looked into.
    (tmp_path / "json.py").write_text("raise RuntimeError")
    found = Server(tmp_path)
    yield found
    found.end()


def test_runs_are_executed_signalled_and_counted(server, small, tmp_path):
    short = made(tmp_path / "short", small)
    long = made(tmp_path / "long", [*small, "trainer.max_epochs=100000"])
    assert server.answer() == {"ready": True}
    server.say(run=str(short.path), after=0, beat=5.0)
    assert server.answer() == {"code": 0}
    assert short.believed().read_status()["status"] == Status.FINISHED
    server.say(signal=int(signal.SIGTERM))  # nobody is there any more
    server.say(run=str(long.path), after=0, beat=5.0)
    until(lambda: running(long))
    server.say(signal=int(signal.SIGKILL))
    assert server.answer() == {"code": -signal.SIGKILL}


def test_at_the_end_of_its_input_the_run_writes_a_snapshot(server, small, tmp_path):
    run = made(tmp_path / "run", [*small, "trainer.max_epochs=100000"])
    server.say(run=str(run.path), after=0, beat=5.0)
    until(lambda: running(run) and trains(run.believed()))
    pid = run.believed().read_status()["pid"]
    assert pid != os.getpid()
    server.end()
    until(lambda: not psutil.pid_exists(pid))
    assert run.believed().read_status()["status"] == Status.PREEMPTED
    assert run.believed().checkpoint("last.ckpt").exists()
