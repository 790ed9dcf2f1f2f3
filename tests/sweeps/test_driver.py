"""Runs in turn; most are short scripts here, for a process that trains takes seconds to start."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rnnlab.cli import main
from rnnlab.errors import Interrupted, Preempted
from rnnlab.runs.finding import all_runs
from rnnlab.runs.folder import RunFolder, Status
from rnnlab.runs.json_files import read_json
from rnnlab.sweeps import driver
from rnnlab.sweeps.driver import Outcome, run_all
from rnnlab.sweeps.plan import Job, plan

STATUS = """
import json, os, signal, socket, sys, time
from datetime import UTC, datetime
from pathlib import Path
folder = Path(sys.argv[1])
def write(status, cause=None):
    now = datetime.now(UTC).isoformat()
    content = {"status": status, "cause": cause, "pid": os.getpid(), "host": socket.gethostname(),
               "times": {status: now}}
    part = folder / "status.part"
    part.write_text(json.dumps(content))
    part.replace(folder / "status.json")
seed = int((folder / "config.yaml").read_text().partition("\\nseed: ")[2].split()[0])
"""
SLEEPS = """
def end(number, frame):
    write("PREEMPTED" if number == signal.SIGUSR1 else "KILLED", f"signal {number}")
    sys.exit(128 + number)
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
    signal.signal(number, end)
write("RUNNING")
time.sleep(60)
"""


@pytest.fixture
def jobs(small: list[str]) -> list[Job]:
    return list(plan([*small, "seed=0,1,2"]).jobs)


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Have a script stand in for what trains a run."""

    def use(script: str) -> None:
        def command(folder: RunFolder) -> list[str]:
            return [sys.executable, "-I", "-c", STATUS + script, str(folder.path)]

        monkeypatch.setattr(driver, "_command", command)

    return use


def found(outcomes: list[Outcome]) -> list[tuple[str, str | None]]:
    assert all(
        item.folder and item.folder.read_status()["status"] == item.status for item in outcomes
    )
    return [(str(item.status), item.cause) for item in outcomes]


def test_each_runs_in_turn_and_a_failure_ends_none_but_itself(jobs, stand_in) -> None:
    stand_in("""
write("RUNNING")
if seed == 1:
    write("FAILED", "the loss is NaN")
    sys.exit(1)
write("FINISHED")
""")
    said: list[str] = []
    outcomes, interrupt = run_all(jobs, said.append)
    assert interrupt is None
    assert found(outcomes) == [
        ("FINISHED", None), ("FAILED", "the loss is NaN"), ("FINISHED", None)
    ]  # fmt: skip
    assert [line.split("  ")[:2] for line in said] == [
        ["1/3", "seed=0"], ["1/3", "FINISHED"],
        ["2/3", "seed=1"], ["2/3", "FAILED the loss is NaN"],
        ["3/3", "seed=2"], ["3/3", "FINISHED"],
    ]  # fmt: skip
    assert said[1].endswith(f"  {outcomes[0].folder.path}")
    assert len(all_runs(Path("outputs"))) == 3


@pytest.mark.parametrize(
    ("script", "status", "cause"),
    [
        ("sys.exit(2)", "FAILED", "its process ended with exit code 2"),
        ("os.kill(os.getpid(), 9)", "KILLED", "its process ended with exit code -9"),
        ("write('RUNNING'); os.kill(os.getpid(), 9)", "KILLED", "process .* ended without a word"),
    ],
)
def test_a_process_that_dies_leaves_a_true_status(jobs, stand_in, script, status, cause) -> None:
    stand_in(script)
    (outcome,), interrupt = run_all(jobs[:1], lambda line: None)
    assert interrupt is None
    ((found_status, found_cause),) = found([outcome])
    assert found_status == status
    assert re.fullmatch(cause, str(found_cause))


def test_what_cannot_be_made_is_an_outcome_too(jobs, stand_in) -> None:
    stand_in("write('FINISHED')")
    same = [replace(job, plain={**job.plain, "name": "same"}) for job in jobs[:2]]
    outcomes, _ = run_all([*same, jobs[2]], lambda line: None)
    assert [item.status for item in outcomes] == ["FINISHED", None, "FINISHED"]
    assert outcomes[1].cause.startswith("name=same: a run of that name exists")


def one_runs() -> bool:
    return any(run.read_status()["status"] == "RUNNING" for run in all_runs(Path("outputs")))


@pytest.fixture
def interrupting() -> Iterator[Callable[..., None]]:
    """Send this process a signal as soon as something is true: that a run says that it runs."""
    threads = []

    def start(number: int, when: Callable[[], object] = one_runs) -> None:
        def send() -> None:
            deadline = time.monotonic() + 120
            while time.monotonic() < deadline:
                if when():
                    os.kill(os.getpid(), number)
                    return
                time.sleep(0.05)

        threads.append(threading.Thread(target=send))
        threads[-1].start()

    yield start
    for thread in threads:
        thread.join()


@pytest.mark.parametrize(
    ("number", "status", "kind", "code"),
    [
        (signal.SIGINT, "KILLED", Interrupted, 130),
        (signal.SIGTERM, "KILLED", Interrupted, 143),
        (signal.SIGUSR1, "PREEMPTED", Preempted, 75),
    ],
)
def test_a_signal_ends_the_run_that_runs_and_begins_no_other(
    jobs, stand_in, interrupting, number, status, kind, code
) -> None:
    stand_in(SLEEPS)
    before = signal.getsignal(number)
    interrupting(number)
    outcomes, interrupt = run_all(jobs, lambda line: None)
    assert found(outcomes) == [(status, f"signal {int(number)}")]
    assert type(interrupt) is kind
    assert interrupt.exit_code == code
    assert len(all_runs(Path("outputs"))) == 1
    assert signal.getsignal(number) is before


def test_a_signal_before_the_process_listens_is_no_traceback_and_no_run(
    jobs, stand_in, monkeypatch
) -> None:
    stand_in("time.sleep(60)")
    real = driver._made

    def made(job: Job) -> RunFolder:
        folder = real(job)
        os.kill(os.getpid(), signal.SIGTERM)
        return folder

    monkeypatch.setattr(driver, "_made", made)
    outcomes, interrupt = run_all(jobs, lambda line: None)
    assert found(outcomes) == [("KILLED", "its process ended with exit code -15")]
    assert interrupt.exit_code == 143


def test_the_command_trains_all_and_tells_what_failed(small, capfd) -> None:
    wild = ["optimizer=sgd", "optimizer.lr=0.01,1e38", "trainer.gradient_clip_val=null"]
    assert main(["train", *small, "-m", *wild]) == 1
    captured = capfd.readouterr()
    runs = all_runs(Path("outputs"))
    assert [run.read_status()["status"] for run in runs] == ["FINISHED", "FAILED"]
    assert read_json(runs[0].manifest)["setting"] != read_json(runs[1].manifest)["setting"]
    results, _, failed = captured.out.partition("Not finished")
    (row,) = [line for line in results.splitlines() if "accuracy" in line]
    assert [cell.strip() for cell in row.split("│")][1:4] == ["0.01", "accuracy", "1"]
    assert "majority" in results
    assert "optimizer.lr=1e+38 │ FAILED │ " in failed
    # The run tells why where errors are told, and its own table to nobody.
    assert captured.err.count("rnnlab: error: ") == 1
    assert "run folder" not in captured.out


def test_ctrl_c_ends_the_command_and_its_run(small, interrupting, capfd) -> None:
    interrupting(signal.SIGINT, lambda: list(Path("outputs").glob("*/*/checkpoints/last.ckpt")))
    assert main(["train", "--multirun", *small, "seed=0,1", "trainer.max_epochs=10000"]) == 130
    captured = capfd.readouterr()
    (run,) = all_runs(Path("outputs"))
    assert run.read_status()["status"] == Status.KILLED
    assert "seed=0 │ KILLED │ interrupted by signal 2" in captured.out
    assert "Traceback" not in captured.err


def test_a_file_in_the_users_folder_stands_in_for_no_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "random.py").write_text("raise SystemExit(8)\n")
    command = driver._command(RunFolder(tmp_path / "outputs" / "experiment" / "run"))
    program = command[: command.index("resume")]
    monkeypatch.chdir(tmp_path)
    done = subprocess.run([*program, "list", "cells"], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_dry_run_shows_the_runs_and_makes_none(small, capfd) -> None:
    asked = ["train", "-m", *small, "cell=gru,lstm", "seeds=3", "sweep.name=mine"]
    assert main([*asked, "--dry-run"]) == 0
    captured = capfd.readouterr()
    assert captured.out.startswith("sweep mine: 2 settings x 3 seeds = 6 runs\n")
    rows = [row for row in captured.out.splitlines() if "│" in row]
    assert [[cell.strip() for cell in row.split("│")[1:-1]] for row in rows] == [
        ["gru", "0-2"], ["lstm", "0-2"],
    ]  # fmt: skip
    assert captured.err == ""
    assert not list(Path().iterdir())


def test_replicates_share_a_row_at_the_end(small, stand_in, capfd) -> None:
    stand_in("""
result = {"scores": {"test": {"loss": seed}}, "baselines": {}, "monitor": "val/loss",
          "parameters": 1, "train_seconds": 1.0}
(folder / "result.json").write_text(json.dumps(result))
write("FINISHED")
""")
    assert main(["train", "-m", *small, "cell=gru,lstm", "seeds=3", "seed=4"]) == 0
    rows = [row for row in capfd.readouterr().out.splitlines() if "│" in row]
    cells = [[cell.strip() for cell in row.split("│")[1:5]] for row in rows]
    assert cells == [["gru", "loss", "3", "5 ± 1"], ["lstm", "loss", "3", "5 ± 1"]]


def test_a_wrong_sweep_is_told_and_nothing_made(small, capfd) -> None:
    assert main(["train", "-m", *small, "seeds=0", "cell=gru,nope"]) == 2
    lines = capfd.readouterr().err.splitlines()
    assert lines[0].startswith("rnnlab: error: seeds=0: must be >= 1")
    assert lines[1].startswith("rnnlab: error: cell=nope: is not an option")
    assert not list(Path().iterdir())
