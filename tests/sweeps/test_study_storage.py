import os
import signal
import subprocess
import sys
import time

import optuna
import pytest

from rnnlab.errors import ConfigError, StorageError
from rnnlab.sweeps.study_storage import JOURNAL, close_storage, open_storage

CHOICES = {"x": optuna.distributions.FloatDistribution(0, 1)}


_KEPT = []


@pytest.fixture(autouse=True)
def closed():
    """Close each storage that a test has opened."""
    yield
    while _KEPT:
        close_storage(_KEPT.pop())


def study(folder, storage=None):
    kept = open_storage(storage, folder)
    _KEPT.append(kept)
    return optuna.create_study(storage=kept, study_name="s", load_if_exists=True)


def test_a_journal_in_the_sweeps_folder_is_read_again(tmp_path):
    first = study(tmp_path)
    first.tell(first.ask(CHOICES), 1.0)
    assert (tmp_path / JOURNAL).exists()
    assert [trial.value for trial in study(tmp_path).trials] == [1.0]


def test_a_line_that_a_killed_driver_did_not_finish_spoils_nothing(tmp_path):
    first = study(tmp_path)
    first.tell(first.ask(CHOICES), 1.0)
    with (tmp_path / JOURNAL).open("ab") as journal:
        journal.write(b'{"op_code":4,"wor')
    # Another driver that goes on all the while, and one that comes anew.
    first.tell(first.ask(CHOICES), 2.0)
    again = study(tmp_path)
    again.tell(again.ask(CHOICES), 3.0)
    assert [trial.value for trial in first.trials] == [1.0, 2.0, 3.0]
    assert [trial.value for trial in study(tmp_path).trials] == [1.0, 2.0, 3.0]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_killed_driver_bars_nobody(tmp_path):
    study(tmp_path)
    holder = (
        "import sys, time, pathlib\n"
        "from filelock import FileLock\n"
        "FileLock(sys.argv[1]).acquire()\n"
        "pathlib.Path(sys.argv[2]).touch()\n"
        "time.sleep(60)\n"
    )
    lock, ready = tmp_path / f".{JOURNAL}.lock", tmp_path / "ready"
    process = subprocess.Popen([sys.executable, "-c", holder, lock, ready])
    try:
        deadline = time.monotonic() + 30
        while not ready.exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    began = time.monotonic()
    kept = study(tmp_path)
    kept.tell(kept.ask(CHOICES), 1.0)
    assert time.monotonic() - began < 20  # Optuna's own locks wait for 30 s


def test_a_database_is_named_by_its_url_or_the_environment(tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path}/study.db"
    monkeypatch.setenv("STUDY", url)
    first = study(tmp_path, "${oc.env:STUDY}")
    first.tell(first.ask(CHOICES), 1.0)
    assert [trial.value for trial in study(tmp_path, url).trials] == [1.0]
    assert not (tmp_path / JOURNAL).exists()


@pytest.mark.parametrize(
    ("storage", "line"),
    [
        ("nonsense", "sweep.storage=nonsense: is no URL of a database; valid: postgresql+psycopg"),
        ("what://x/y", "sweep.storage=what://x/y: is no URL of a database"),
        ("${oc.env:NOT_THERE}", "sweep.storage=${oc.env:NOT_THERE}: "),
        ("firebird+x://u@h/d", "sweep.storage=firebird+x://h/d: is no URL of a database"),
        ("mysql://h/d", "sweep.storage=mysql://h/d: needs a package that is not installed"),
    ],
)
def test_what_names_no_database_is_one_line(tmp_path, storage, line):
    with pytest.raises(ConfigError) as caught:
        open_storage(storage, tmp_path)
    assert str(caught.value).startswith(line)


def test_a_database_that_cannot_be_had_is_one_line(tmp_path):
    with pytest.raises(StorageError) as caught:
        open_storage(f"sqlite:///{tmp_path}/none/study.db", tmp_path)
    assert "the database refused: unable to open database file" in str(caught.value)


@pytest.mark.parametrize("text", ['{"op_code": 0}\n', "what\nis\nthis\n", "[]\n"])
def test_a_damaged_journal_is_one_line(tmp_path, text):
    (tmp_path / JOURNAL).write_text(text)
    with pytest.raises(StorageError, match=r"study\.journal: cannot be read"):
        open_storage(None, tmp_path)
