"""A real worker is stopped, another driver takes its run, and the worker comes back."""

import os
import signal
import sqlite3
from collections import Counter

import pytest

from rnnlab.runs.folder import Status
from rnnlab.tracking.points import read_points
from tests.sweeps.test_sweep import Sweep

OPTIONS = [
    "trainer.max_epochs=120",
    "trainer.log_every_n_steps=1",
    "trainer.checkpoint_every_n_steps=5",
    "sweep.workers=1",
    "sweep.lease=3",
]


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="needs SIGSTOP")
def test_what_it_writes_then_is_neither_believed_nor_shown(tmp_path):
    sweep = Sweep(tmp_path / "outputs")
    first = sweep.start(*OPTIONS)
    sweep.wait_for(Status.RUNNING, 1, first)
    (run,) = sweep.folder.runs()
    pid = run.believed().read_status()["pid"]
    os.kill(pid, signal.SIGSTOP)
    second = sweep.start(*OPTIONS)
    try:
        _, err = second.communicate(timeout=240)
        assert second.returncode == 0, err
        assert run.numbers() == [1, 2]
        believed = run.believed()
        before = {path.name: path.read_bytes() for path in believed.path.glob("*.json*")}
    finally:
        os.kill(pid, signal.SIGCONT)
    _, err = first.communicate(timeout=120)
    assert first.returncode == 0, err
    assert run.numbers() == [1, 2]
    assert run.attempt(1).read_status()["status"] == Status.KILLED
    assert {path.name: path.read_bytes() for path in believed.path.glob("*.json*")} == before
    with sqlite3.connect(sweep.outputs / "mlflow.db") as database:
        statuses = Counter(dict(database.execute("select run_uuid, status from runs")).values())
        shown = Counter(database.execute("select key, step from metrics"))
    assert statuses == {"FINISHED": 2}
    assert shown == Counter((p.name, p.step) for p in read_points(believed.metrics))
