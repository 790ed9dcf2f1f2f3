"""Processes that are forked from the server, and really train."""

import os
import signal
import time
from pathlib import Path

import psutil
import pytest
from omegaconf import OmegaConf

from rnnlab.runs.folder import Status
from rnnlab.runs.train import configured
from rnnlab.sweeps.accelerators import Accelerators
from rnnlab.sweeps.executors.executor import Work
from rnnlab.sweeps.executors.local import Local
from rnnlab.sweeps.swept_run import SweptRun
from rnnlab.sweeps.worker import TAKEN


@pytest.fixture
def run(small, tmp_path):
    return made(tmp_path / "run", small)


@pytest.fixture
def long_run(small, tmp_path):
    return made(tmp_path / "long", [*small, "trainer.max_epochs=100000"])


@pytest.fixture
def local():
    executor = Local(2, Accelerators([]))
    yield executor
    executor.close()


def made(path: Path, overrides: list[str]) -> SweptRun:
    path.mkdir()
    OmegaConf.save(configured(overrides), path / "config.yaml")
    return SweptRun(path)


def until(what, seconds=120):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError("it never came")


def running(run):
    believed = run.believed()
    return believed and believed.read_status().get("status") == Status.RUNNING


def test_a_run_is_executed_and_what_it_prints_is_kept(local, run):
    local.start(Work(run.path, 0))
    (ended,) = until(local.ended)
    assert (ended.run, ended.code) == (run.path, 0)
    attempt = run.believed()
    assert attempt.read_status()["status"] == Status.FINISHED
    assert attempt.read_result()["scores"]["test"]
    assert (attempt.path / "output.txt").exists()
    assert not attempt.link.exists()  # the driver shows it in MLflow
    assert local.ended() == []


def test_what_somebody_else_has_is_left_alone(local, run):
    run.claim(0)
    local.start(Work(run.path, 0))
    (ended,) = until(local.ended)
    assert ended.code == TAKEN
    assert run.numbers() == [1]
    assert run.believed().read_status()["status"] == Status.CREATED


def test_a_signal_reaches_the_run(local, long_run):
    local.start(Work(long_run.path, 0))
    until(lambda: running(long_run))
    local.signal(long_run.path, signal.SIGUSR1)
    (ended,) = until(local.ended)
    assert ended.code == 75
    assert long_run.believed().read_status()["status"] == Status.PREEMPTED
    local.signal(long_run.path, signal.SIGTERM)  # nobody is there any more


def test_a_worker_whose_run_was_taken_over_ends(local, long_run):
    local.start(Work(long_run.path, 0, beat=0.1))
    until(lambda: running(long_run))
    second = long_run.claim(1)
    (ended,) = until(local.ended)
    assert ended.code != 0
    assert long_run.attempt(1).read_status()["status"] == Status.KILLED
    assert second.read_status()["status"] == Status.CREATED


def test_closing_leaves_no_process(long_run):
    local = Local(1, Accelerators([]))
    local.start(Work(long_run.path, 0))
    until(lambda: running(long_run))
    pid = long_run.believed().read_status()["pid"]
    assert pid != os.getpid()
    local.close()
    until(lambda: not psutil.pid_exists(pid))


def test_two_runs_never_see_the_same_accelerator(small, tmp_path):
    local = Local(3, Accelerators([5, 7]))
    runs = [made(tmp_path / name, [*small, "trainer.max_epochs=100000"]) for name in "abc"]
    works = [Work(run.path, 0, accelerators=1) for run in runs]
    try:
        for work in works[:2]:
            assert local.fits(work)
            local.start(work)
        assert not local.fits(works[2])
        until(lambda: all(running(run) for run in runs[:2]))
        until(lambda: all(run.believed().manifest.exists() for run in runs[:2]))
        seen = {run.believed().read_manifest()["visible_devices"] for run in runs[:2]}
        assert seen == {"5", "7"}
        local.signal(runs[0].path, signal.SIGKILL)
        until(local.ended)
        assert local.fits(works[2])
    finally:
        local.close()
