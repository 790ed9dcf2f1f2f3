"""A study in PostgreSQL, from Debian's package, in a cluster of the test's own."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

import pytest

from rnnlab.runs.folder import Status
from rnnlab.sweeps.study_storage import close_storage, open_storage
from tests.sweeps.test_sweep import Sweep

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

_URL = "RNNLAB_TEST_STUDY"
_OPTIONS = [
    "optimizer.lr=tag(log,interval(1e-4,1e-1))",
    "sweep.search=random",
    f"sweep.storage=${{oc.env:{_URL}}}",
    "trainer.max_epochs=1",
    "tracking.enabled=false",
    "sweep.workers=1",
]


def _programs():
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return None if initdb is None else Path(initdb).resolve().parent


def _nobody():
    """Return who owns the cluster: PostgreSQL refuses to be run by root."""
    if os.geteuid() != 0:
        return {}
    import pwd

    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
    pytest.skip("nobody but root is here, and PostgreSQL refuses root")


@pytest.fixture
def database(monkeypatch):
    """Start a server on a free port of 127.0.0.1; end it and what it has left afterwards."""
    pytest.importorskip("psycopg", reason="the package psycopg is not installed")
    programs = _programs()
    if programs is None or not (programs / "postgres").exists():
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    owner = _nobody()
    # Not below pytest's own folder, which nobody else may enter.
    place = Path(tempfile.mkdtemp(prefix="rnnlab-postgresql-"))
    data, log = place / "data", place / "log"
    data.mkdir(mode=0o700)
    log.touch()
    if owner:
        for path in (place, data, log):
            os.chown(path, owner["user"], owner["group"])
    environment = {"PATH": os.defpath, "LC_ALL": "C"}

    def call(program, *arguments):
        done = subprocess.run(
            [programs / program, *arguments],
            capture_output=True,
            text=True,
            timeout=120,
            cwd=place,
            env=environment,
            **owner,
        )
        assert done.returncode == 0, done.stderr

    call("initdb", "-D", data, "-U", "lab", "-A", "trust", "-E", "UTF8", "--no-sync")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with log.open("w") as written:
        server = subprocess.Popen(
            [
                *(programs / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1"),
                *("-k", place, "-c", "fsync=off"),
            ],
            stdout=written,
            stderr=written,
            cwd=place,
            env=environment,
            start_new_session=True,
            **owner,
        )
    try:
        _wait_for(port, server, log)
        call("createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "lab", "studies")
        monkeypatch.setenv(_URL, f"postgresql+psycopg://lab@127.0.0.1:{port}/studies")
        yield port
    finally:
        server.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        shutil.rmtree(place, ignore_errors=True)


def _wait_for(port, server, log):
    deadline = time.monotonic() + 60
    while True:
        assert server.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return


def trials(sweep):
    storage = open_storage(f"${{oc.env:{_URL}}}", sweep.folder.path)
    (study,) = storage.get_all_studies()
    found = storage.get_all_trials(study._study_id)
    close_storage(storage)
    return found


def test_two_drivers_on_one_study_and_more_trials_later(tmp_path, database):
    sweep = Sweep(tmp_path / "outputs")
    both = [sweep.start(*_OPTIONS, "sweep.trials=7") for _ in range(2)]
    said = [process.communicate(timeout=300) for process in both]
    for process, (out, err) in zip(both, said, strict=True):
        assert process.returncode == 0, err
        assert "best of 7 settings" in out
    found = trials(sweep)
    assert Counter(trial.state.name for trial in found) == {"COMPLETE": 7}
    assert len({trial.params["optimizer.lr"] for trial in found}) == 7
    assert sweep.statuses() == [Status.FINISHED] * 7
    assert sweep.attempts() == [[1]] * 7
    code, _, err = sweep.run(*_OPTIONS, "sweep.trials=9")
    assert code == 0, err
    assert Counter(trial.state.name for trial in trials(sweep)) == {"COMPLETE": 9}
    # The address of the database is in no file.
    for path in sweep.folder.path.rglob("*.json"):
        assert f":{database}" not in path.read_text()
    assert not (sweep.folder.path / "study.journal").exists()


def test_a_server_that_is_away_is_one_line(tmp_path, monkeypatch):
    pytest.importorskip("psycopg", reason="the package psycopg is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv(_URL, f"postgresql+psycopg://lab@127.0.0.1:{port}/studies")
    code, _, err = Sweep(tmp_path / "outputs").run(*_OPTIONS, "sweep.trials=2")
    assert code == 4
    told = [line for line in err.splitlines() if line.startswith("rnnlab: error: ")]
    assert len(told) == 1
    assert told[0].startswith(f"rnnlab: error: sweep.storage=${{oc.env:{_URL}}}: the database ref")
