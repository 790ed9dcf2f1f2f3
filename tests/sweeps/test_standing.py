import os
import signal
import subprocess
import sys

import pytest

from rnnlab.runs.folder import Status
from rnnlab.runs.json_files import write_json
from rnnlab.sweeps import beat
from rnnlab.sweeps.beat import Watch
from rnnlab.sweeps.folder import SweepFolder
from rnnlab.sweeps.standing import Phase, standing
from tests.sweeps.jobs import job


@pytest.fixture
def run(tmp_path):
    return SweepFolder(tmp_path).make_run(job("a"))


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(beat.time, "monotonic", lambda: now[0])
    return now


def test_what_nobody_has_claimed_is_open(run):
    assert standing(run, Watch(60)).phase is Phase.OPEN


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        (Status.CREATED, Phase.EXECUTED),
        (Status.RUNNING, Phase.EXECUTED),
        (Status.FINISHED, Phase.FINISHED),
        (Status.PRUNED, Phase.FINISHED),
        (Status.FAILED, Phase.FAILED),
        (Status.KILLED, Phase.OPEN),
        (Status.PREEMPTED, Phase.OPEN),
    ],
)
def test_the_status_of_the_highest_claim_decides(run, status, phase):
    run.claim(0).write_status(Status.FINISHED)
    run.claim(1).write_status(status, "why")
    found = standing(run, Watch(60))
    assert (found.phase, found.number) == (phase, 2)
    assert found.cause == "why"


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_process_here_that_is_gone_is_marked_as_killed_at_once(run):
    script = (
        "import sys, time; from rnnlab.runs.folder import *; from pathlib import Path;"
        "RunFolder(Path(sys.argv[1])).write_status(Status.RUNNING); print(1, flush=True);"
        "time.sleep(60)"
    )
    attempt = run.claim(0)
    with subprocess.Popen(
        [sys.executable, "-c", script, str(attempt.path)], stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert standing(run, Watch(60)).phase is Phase.EXECUTED
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    found = standing(run, Watch(60))
    assert found.phase is Phase.OPEN
    assert attempt.read_status()["status"] == Status.KILLED


def test_one_on_another_machine_is_given_up_after_the_lease_and_nothing_is_written_there(
    run, clock
):
    attempt = run.claim(0)
    attempt.write_status(Status.RUNNING)
    said = {**attempt.read_status(), "host": "elsewhere"}
    write_json(attempt.path / "status.json", said)
    (attempt.path / ".beat").write_text("1")
    watch = Watch(60)
    assert standing(run, watch).phase is Phase.EXECUTED
    clock[0] += 50
    (attempt.path / ".beat").write_text("2")
    assert standing(run, watch).phase is Phase.EXECUTED
    clock[0] += 61
    assert standing(run, watch).phase is Phase.OPEN
    assert attempt.read_status() == said


def test_a_claim_that_is_never_filled_is_given_up_after_the_lease(run, clock):
    (run.path / "attempts" / "1").mkdir(parents=True)
    watch = Watch(60)
    assert standing(run, watch).phase is Phase.EXECUTED
    clock[0] += 61
    found = standing(run, watch)
    assert (found.phase, found.number, found.attempt) == (Phase.OPEN, 1, None)


def test_a_damaged_status_is_a_failure_with_its_cause(run):
    (run.claim(0).path / "status.json").write_text("{")
    found = standing(run, Watch(60))
    assert found.phase is Phase.FAILED
    assert "cannot be read" in found.cause
