"""Workers and drivers of a real sweep are killed: nothing is lost, and nothing done twice."""

import json
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import torch

from rnnlab.runs.folder import RunFolder, Status
from rnnlab.sweeps.folder import SweepFolder
from rnnlab.tracking.points import read_points

KILLS = 20
SWEEP = [
    "dataset=digits_rows",
    "cell=rnn,gru",
    "optimizer.lr=1e-3,1e-2",
    "seeds=10",
    "cell.hidden_size=8",
    "trainer.max_epochs=20",
    "trainer.limit_train_batches=10",
    "trainer.log_every_n_steps=1",
    "trainer.checkpoint_every_n_steps=5",
    "trainer.accelerator=cpu",
    "diagnostics.baselines=false",
    "tracking.system_metrics=false",
    "sweep.name=killed",
    "sweep.workers=2",
]


def start(outputs: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-m", "rnnlab", "train", "-m", *SWEEP]
    with (outputs.parent / "said.txt").open("ab") as said:
        return subprocess.Popen(
            [*command, f"output_dir={outputs}"], stdout=said, stderr=said, start_new_session=True
        )


def sweep_in(outputs: Path) -> SweepFolder:
    return SweepFolder(outputs / "sweeps" / "killed")


def workers(sweep: SweepFolder) -> list[int]:
    found = []
    for run in sweep.runs():
        if (attempt := run.believed()) is not None:
            said = attempt.read_status()
            if said.get("status") == Status.RUNNING and psutil.pid_exists(said["pid"]):
                found.append(said["pid"])
    return found


def until_one_runs(sweep: SweepFolder, driver: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while not workers(sweep):
        assert driver.poll() is None or driver.returncode == 1, "the sweep is over too soon"
        assert time.monotonic() < deadline
        if driver.poll() is not None:
            return
        time.sleep(0.05)


def weights(attempt: RunFolder) -> dict[str, torch.Tensor]:
    content = torch.load(attempt.checkpoint("last.ckpt"), weights_only=True)
    return dict(content["state_dict"])


def to_the_end(outputs: Path) -> int:
    driver = start(outputs)
    try:
        return driver.wait(480)
    finally:
        driver.kill()


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_forty_runs_and_twenty_kills(tmp_path):
    outputs, quiet = tmp_path / "outputs", tmp_path / "quiet" / "outputs"
    quiet.parent.mkdir()
    assert to_the_end(quiet) == 0, (quiet.parent / "said.txt").read_text()

    chance = random.Random(7)
    driver = start(outputs)
    killed = Counter()
    while sum(killed.values()) < KILLS:
        kind = chance.choice(["driver", "worker", "worker", "start"])
        if kind == "start":  # while it plans, or begins its first runs
            time.sleep(chance.uniform(0.0, 8.0))
        else:
            until_one_runs(sweep_in(outputs), driver)
            time.sleep(chance.uniform(0.0, 2.5))
        victims = workers(sweep_in(outputs))
        if kind == "worker" and victims:
            with suppress(psutil.NoSuchProcess):
                psutil.Process(chance.choice(victims)).kill()
                killed["worker"] += 1
        elif kind != "worker" and driver.poll() is None:
            driver.kill()
            driver.wait()
            killed[kind] += 1
        if driver.poll() is not None:
            driver = start(outputs)
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    for _ in range(5):
        if to_the_end(outputs) == 0:
            break
    said = (tmp_path / "said.txt").read_text()
    assert min(killed[kind] for kind in ("driver", "worker", "start")) >= 2, killed

    runs, expected = sweep_in(outputs).runs(), sweep_in(quiet).runs()
    assert [run.fingerprint for run in runs] == [run.fingerprint for run in expected]
    assert len(runs) == 40, said
    taken_over = 0
    for run, other in zip(runs, expected, strict=True):
        ended = [run.attempt(n).read_status().get("status") for n in run.numbers()]
        assert ended.count(Status.FINISHED) == 1, (run.path, ended, said)
        assert ended[-1] == Status.FINISHED
        taken_over += len(ended) > 1
        ours, theirs = weights(run.believed()), weights(other.believed())
        assert ours.keys() == theirs.keys()
        assert all(torch.equal(ours[name], theirs[name]) for name in ours)
        points = read_points(run.believed().metrics)
        assert Counter((p.name, p.step) for p in points).most_common(1)[0][1] == 1
        assert {p.step for p in points if p.name == "train/loss"} == set(range(1, 201))
    assert taken_over >= 5, killed

    database = sqlite3.connect(outputs / "mlflow.db")
    statuses = Counter(status for (status,) in database.execute("select status from runs"))
    assert statuses == {"FINISHED": 41}
    shown = {json.loads((run.path / "mlflow.json").read_text())["run_id"]: run for run in runs}
    assert len(shown) == 40
    for run_id, run in shown.items():
        rows = database.execute("select key, step from metrics where run_uuid = ?", [run_id])
        counted = Counter(rows)
        assert counted == Counter((p.name, p.step) for p in read_points(run.believed().metrics))
