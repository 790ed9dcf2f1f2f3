"""``rnnlab train -m`` as a person uses it: planned, drained, stopped, gone on with, extended."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest

from rnnlab.runs.folder import Status
from tests.sweeps.real_sweep import Sweep


@pytest.fixture
def sweep(tmp_path):
    return Sweep(tmp_path / "outputs")


# Each starts several real commands, which take seconds before they begin.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
LONG = "trainer.max_epochs=2000"


def test_the_same_command_again_does_what_is_new_and_nothing_else(sweep):
    code, out, err = sweep.run("trainer.max_epochs=1", "optimizer.lr=1e-3,1e-2", "seeds=1")
    assert code == 0, err
    assert re.match(r"sweep small: 2 settings x 1 seed = 2 runs\n", out)
    assert out.count("FINISHED") == 2
    times = {run.path: run.config.stat().st_mtime_ns for run in sweep.folder.runs()}
    # More seeds, another number of workers: two runs are there already.
    code, out, err = sweep.run(
        "trainer.max_epochs=1", "optimizer.lr=1e-3,1e-2", "seeds=2", "sweep.workers=1"
    )
    assert code == 0, err
    assert sweep.statuses() == [Status.FINISHED] * 4
    assert sweep.attempts() == [[1]] * 4
    assert all(path.joinpath("config.yaml").stat().st_mtime_ns == t for path, t in times.items())
    shown = sweep.shown()
    assert len(shown) == 5
    assert set(shown.values()) == {"FINISHED"}
    # Another value of a default is another experiment.
    code, out, err = sweep.run("trainer.max_epochs=1", "optimizer.lr=1e-3", "trainer.batch_size=16")
    assert code == 0, err
    assert len(sweep.folder.runs()) == 5


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="needs SIGUSR1")
def test_ctrl_c_drains_and_a_second_one_stops_with_a_snapshot(sweep):
    process = sweep.start(LONG, "seeds=3", "sweep.workers=1", "trainer.checkpoint_every_n_steps=1")
    sweep.wait_for(Status.RUNNING, 1, process)
    process.send_signal(signal.SIGINT)
    time.sleep(1.0)
    assert process.poll() is None
    assert sweep.statuses() == [Status.RUNNING]
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=90)
    assert process.returncode == 130, err
    assert "Ctrl-C again stops them" in out
    assert sweep.statuses() == [Status.PREEMPTED]
    assert set(sweep.shown().values()) == {"KILLED"}
    process = sweep.start(LONG, "seeds=3", "sweep.workers=1", "trainer.checkpoint_every_n_steps=1")
    sweep.wait_for(Status.RUNNING, 1, process)
    assert sweep.attempts() == [[1, 2]]
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=90)
    assert process.returncode == 143
    assert sweep.statuses() == [Status.PREEMPTED]


def test_a_run_that_drains_comes_to_its_end(sweep):
    process = sweep.start("trainer.max_epochs=60", "seeds=2", "sweep.workers=1")
    sweep.wait_for(Status.RUNNING, 1, process)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert sweep.statuses() == [Status.FINISHED]
    code, _, err = sweep.run("trainer.max_epochs=60", "seeds=2", "sweep.workers=1")
    assert code == 0, err
    assert sweep.statuses() == [Status.FINISHED] * 2
    assert sweep.attempts() == [[1], [1]]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_two_drivers_share_a_sweep(sweep):
    options = ["trainer.max_epochs=30", "seeds=4", "sweep.workers=1"]
    first = sweep.start(*options)
    sweep.wait_for(Status.RUNNING, 1, first)
    second = sweep.start(*options)
    for process in (first, second):
        _, err = process.communicate(timeout=240)
        assert process.returncode == 0, err
    assert sweep.statuses() == [Status.FINISHED] * 4
    assert sweep.attempts() == [[1]] * 4


def test_watching_from_another_process_ends_with_the_sweep(sweep):
    code, _, err = sweep.run("trainer.max_epochs=1", "seeds=1")
    assert code == 0, err
    done = subprocess.run(
        [sys.executable, "-P", "-m", "rnnlab", "watch", "--output-dir", str(sweep.outputs)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "COLUMNS": "120"},
    )
    assert done.returncode == 0, done.stderr
    assert "1/1 done" in done.stdout
