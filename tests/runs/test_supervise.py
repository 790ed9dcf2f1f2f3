"""What the process that starts the ranks makes of their ends; ranks here are tiny programs."""

import json
import subprocess
import sys

import pytest

from rnnlab.errors import ConfigError, Preempted, Refused, RunFailed, StorageError
from rnnlab.runs import as_rank, supervise
from rnnlab.runs.folder import RunFolder
from rnnlab.training.signals import Signals

WAIT = "import time; time.sleep(60)"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return what runs a program a rank."""

    def start(folder, number, *_):
        return subprocess.Popen(
            [sys.executable, "-c", programs[number]],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    programs = []
    monkeypatch.setattr(supervise, "_start", start)

    def run(*given, wants_snapshot=False):
        programs[:] = given
        signals = Signals()
        signals.wants_snapshot = wants_snapshot
        supervise.run_ranks(RunFolder(tmp_path), len(given), signals, resume=False)

    return run


def failing(folder, number, code):
    content = json.dumps({"cause": f"why {number}", "exit_code": code, "time": number})
    path = folder / f".rank-{number}.json"
    return f"open({str(path)!r}, 'w').write({content!r}); raise SystemExit({code})"


def left(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != "log.txt")


def test_a_rank_that_does_not_listen_yet_is_pre_empted_and_not_failed(run):
    with pytest.raises(Preempted):
        run(WAIT, WAIT, wants_snapshot=True)


def test_a_signal_that_reaches_a_starting_rank_alone(run):
    kill = "import os, signal; os.kill(os.getpid(), signal.SIGUSR1)"
    with pytest.raises(Preempted):
        run(WAIT, kill)


@pytest.mark.parametrize(
    ("code", "kind"), [(1, RunFailed), (2, ConfigError), (3, Refused), (4, StorageError)]
)
def test_the_exit_code_is_that_of_the_rank(run, tmp_path, code, kind):
    with pytest.raises(kind) as raised:
        run("", failing(tmp_path, 1, code))
    assert type(raised.value) is kind
    assert str(raised.value) == "rank 1: why 1"
    assert left(tmp_path) == []


def test_a_rank_that_could_write_nothing(run):
    with pytest.raises(StorageError, match="without a word; exit codes 0, 4; see "):
        run("", "raise SystemExit(4)")


def test_what_ranks_write_when_they_are_ended_is_not_left(run, tmp_path):
    handler = (
        f"import signal, time; signal.signal(15, lambda *_: exec({failing(tmp_path, 0, 143)!r}))"
    )
    with pytest.raises(ConfigError, match="rank 1: why 1"):
        run(f"{handler}; {WAIT}", f"import time; time.sleep(0.5); {failing(tmp_path, 1, 2)}")
    assert left(tmp_path) == []


@pytest.mark.parametrize(
    ("error", "code", "cause"),
    [
        (SystemExit(0), 1, "a part of the run ended the process: sys.exit(0)"),
        (OSError(28, "No space left on device"), 4, ": No space left on device"),
        (ZeroDivisionError("x"), 1, "ZeroDivisionError: x"),
    ],
)
def test_a_rank_explains_its_end_as_a_single_process_does(tmp_path, error, code, cause):
    folder = RunFolder(tmp_path)
    assert as_rank._report(folder, 1, error) == code
    said = json.loads(folder.rank_failure(1).read_text())
    assert said["cause"].endswith(cause)
    assert said["exit_code"] == code


def test_a_full_disk_is_told_by_the_exit_code(tmp_path, monkeypatch):
    def refuse(*_):
        raise StorageError("full")

    monkeypatch.setattr(as_rank, "write_json", refuse)
    assert as_rank._report(RunFolder(tmp_path), 0, StorageError("full")) == 4
