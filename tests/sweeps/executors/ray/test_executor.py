"""Seats on a real cluster of this machine, whose processors and accelerators are made up."""

import os
import signal
import warnings
from functools import partial

import psutil
import pytest

from rnnlab.errors import StorageError
from rnnlab.runs.folder import Status
from rnnlab.sweeps.executors.executor import Work
from rnnlab.sweeps.executors.ray import executor as module
from rnnlab.sweeps.executors.ray.cluster import Cluster
from rnnlab.sweeps.executors.ray.cluster import _ray as imported
from rnnlab.sweeps.executors.ray.demand import demand
from rnnlab.sweeps.executors.ray.executor import OnRay
from rnnlab.sweeps.folder import SweepFolder
from rnnlab.sweeps.worker import TAKEN
from tests.sweeps.executors.test_local import made, running, until

# Ray takes seconds to begin.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def ray():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "disabled")  # or a token is written into the home folder
        patch.setenv("CUDA_VISIBLE_DEVICES", "5,7")
        found = imported()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found.init(
                address="local",
                num_cpus=3,
                num_gpus=2,
                object_store_memory=100_000_000,
                include_dashboard=False,
                log_to_driver=False,
                logging_level="CRITICAL",
            )
        yield found
        found.shutdown()


@pytest.fixture
def executor(ray, tmp_path):
    (tmp_path / "sweep").mkdir()
    options = {"resources": {}}
    demands = {number: demand(options, number) for number in (0, 1)}
    found = OnRay(
        Cluster(None),
        lambda work: demands[work.accelerators],
        set(demands.values()),
        None,
        20,
        SweepFolder(tmp_path / "sweep"),
    )
    yield found
    found.close()
    assert ray.is_initialized()  # it was there before


@pytest.fixture
def run(small, tmp_path):
    return made(tmp_path / "run", small)


@pytest.fixture
def long_run(small, tmp_path):
    return made(tmp_path / "long", [*small, "trainer.max_epochs=100000"])


def start(executor, work):
    until(partial(executor.fits, work))
    executor.start(work)


def actors(ray):
    return [
        process.info["pid"]
        for process in psutil.process_iter(["pid", "cmdline"])
        if (process.info["cmdline"] or [""])[0].startswith("ray::Seat")
    ]


def test_runs_follow_each_other_and_their_codes_come_back(executor, run, tmp_path):
    assert executor.slots == 3
    start(executor, Work(run.path, 0))
    (ended,) = until(executor.ended)
    assert (ended.run, ended.code) == (run.path, 0)
    assert run.believed().read_status()["status"] == Status.FINISHED
    assert executor.fits(Work(run.path, 0))  # the seat is warm
    executor.start(Work(run.path, 0))
    (ended,) = until(executor.ended)
    assert ended.code == TAKEN
    assert executor.ended() == []


def test_signals_reach_the_run_and_its_end_is_told(executor, long_run):
    start(executor, Work(long_run.path, 0))
    until(lambda: running(long_run))
    executor.signal(long_run.path, signal.SIGUSR1)
    (ended,) = until(executor.ended)
    assert ended.code == 75
    assert long_run.believed().read_status()["status"] == Status.PREEMPTED
    executor.signal(long_run.path, signal.SIGTERM)  # nobody is there any more
    start(executor, Work(long_run.path, 1))
    until(lambda: long_run.numbers() == [1, 2] and running(long_run))
    executor.signal(long_run.path, signal.SIGKILL)
    (ended,) = until(executor.ended)
    assert ended.code == -signal.SIGKILL


def test_a_run_whose_actor_dies_has_no_code_and_goes_no_further(executor, ray, long_run):
    start(executor, Work(long_run.path, 0))
    until(lambda: running(long_run))
    pid = long_run.believed().read_status()["pid"]
    (actor,) = [parent for parent in psutil.Process(pid).parents() if parent.pid in actors(ray)]
    actor.kill()
    (ended,) = until(executor.ended)
    assert (ended.run, ended.code) == (long_run.path, None)
    until(lambda: not psutil.pid_exists(pid))
    assert long_run.believed().read_status()["status"] == Status.PREEMPTED
    assert long_run.numbers() == [1]  # Ray has started nothing again


def test_two_runs_never_see_the_same_accelerator_and_others_see_none(executor, small, tmp_path):
    runs = [made(tmp_path / name, [*small, "trainer.max_epochs=100000"]) for name in "abc"]
    for run, count in zip(runs, (1, 1, 0), strict=True):
        start(executor, Work(run.path, 0, accelerators=count))
    until(lambda: all(running(run) and run.believed().manifest.exists() for run in runs))
    seen = [run.believed().read_manifest()["visible_devices"] for run in runs]
    assert (sorted(seen[:2]), seen[2]) == (["5", "7"], "")


def test_an_idle_seat_gives_back_what_it_holds(executor, ray, run, monkeypatch):
    work = Work(run.path, 0)
    until(lambda: executor.fits(work))
    assert len(actors(ray)) >= 1
    assert executor.ended() == []
    assert executor.fits(work)  # it was asked for just now
    monkeypatch.setattr(module, "_IDLE", 0.0)
    executor.ended()
    until(lambda: not actors(ray))
    assert not executor.fits(work)


def test_closing_leaves_nobody(executor, ray, long_run):
    start(executor, Work(long_run.path, 0))
    until(lambda: running(long_run))
    pid = long_run.believed().read_status()["pid"]
    assert pid != os.getpid()
    executor.close()
    until(lambda: not psutil.pid_exists(pid) and not actors(ray))
    assert long_run.believed().read_status()["status"] == Status.RUNNING  # at once


def test_where_no_machine_can_execute_runs_it_says_why(executor, run, monkeypatch, tmp_path):
    (tmp_path / "rnnlab").mkdir()
    (tmp_path / "rnnlab" / "__init__.py").write_text("raise ImportError('another version')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(StorageError) as raised:
        until(lambda: executor.fits(Work(run.path, 0)))
    why = f"{os.uname().nodename} cannot start rnnlab: ImportError: another version"
    assert str(raised.value) == f"the Ray cluster cannot execute runs: {why}"


def test_where_the_folder_is_not_shared_it_says_so(executor, run, tmp_path):
    (tmp_path / "sweep").rmdir()
    with pytest.raises(StorageError, match=r"has no folder .*: all nodes must share its file"):
        until(lambda: executor.fits(Work(run.path, 0)))
