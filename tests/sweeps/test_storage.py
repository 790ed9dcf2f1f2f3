"""What a sweep writes to is slow, locked, full or gone for a while: one message, nothing lost."""

import errno
import os
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from rnnlab.runs.folder import Status
from rnnlab.sweeps.folder import SweepFolder
from rnnlab.tracking.points import read_points
from tests.tracking.conftest import (  # noqa: F401
    empty_store,
    free_port,
    server,
    status_of,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(500)]
WORKERS = 8
OPTIONS = [
    "dataset=digits_rows",
    "cell=gru",
    "cell.hidden_size=8",
    "trainer.limit_train_batches=10",
    "trainer.accelerator=cpu",
    "diagnostics.baselines=false",
    "tracking.system_metrics=false",
    "sweep.name=stored",
    f"sweep.workers={WORKERS}",
]


class Sweep:
    """A sweep of eight runs at a time, and what MLflow's database says of it."""

    def __init__(
        self,
        outputs: Path,
        database: Path,
        epochs: int,
        uri: str | None = None,
        runs: int = WORKERS,
    ) -> None:
        self.outputs, self.database, self.count = outputs, database, runs
        self.folder = SweepFolder(outputs / "sweeps" / "stored")
        # Many points, or a long time.
        every = 1 if epochs < 50 else 10
        self._options = [
            f"trainer.log_every_n_steps={every}",
            f"trainer.max_epochs={epochs}",
            f"output_dir={outputs}",
            f"seeds={runs}",
        ]
        self._options += [f"tracking.uri={uri}"] if uri else []

    def start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-P", "-m", "rnnlab", "train", "-m", *OPTIONS, *self._options]
        return subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def wait_until_all_run(self, process: subprocess.Popen[str]) -> None:
        deadline = time.monotonic() + 120
        while self.statuses().get(Status.RUNNING, 0) < WORKERS:
            assert time.monotonic() < deadline, self.statuses()
            assert process.poll() is None, process.communicate()
            time.sleep(0.05)

    def statuses(self) -> Counter[str | None]:
        believed = [run.believed() for run in self.folder.runs()]
        return Counter(None if a is None else a.read_status().get("status") for a in believed)

    def check(self, *, attempts: int = 1) -> None:
        """Check that all has finished, and that MLflow has each point of each run once."""
        assert self.statuses() == {Status.FINISHED: self.count}
        assert max(run.numbers()[-1] for run in self.folder.runs()) <= attempts
        with closing(sqlite3.connect(self.database)) as database:
            said = Counter(status for (status,) in database.execute("select status from runs"))
            assert said == {"FINISHED": self.count + 1}
            for run in self.folder.runs():
                query = "select run_uuid from tags where key='rnnlab.fingerprint' and value=?"
                ((shown,),) = database.execute(query, [run.fingerprint])
                query = "select key, step from metrics where run_uuid=?"
                found = Counter(database.execute(query, [shown]))
                points = {(p.name, p.step) for p in read_points(run.believed().metrics)}
                assert found == dict.fromkeys(points, 1)


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    try:
        _, err = process.communicate(timeout=400)
    finally:
        process.kill()
    return process.returncode, err


def messages(err: str) -> list[str]:
    return [line for line in err.splitlines() if "rnnlab" in line or "MLflow" in line]


def test_eight_at_a_time_on_sqlite(tmp_path):
    sweep = Sweep(tmp_path / "outputs", tmp_path / "outputs" / "mlflow.db", epochs=10)
    code, err = ended(sweep.start())
    assert (code, messages(err)) == (0, []), err
    sweep.check()


def test_eight_at_a_time_through_a_server(tmp_path, empty_store, server, free_port):  # noqa: F811
    database, port = tmp_path / "mlflow.db", free_port()
    database.write_bytes(empty_store.read_bytes())
    sweep = Sweep(tmp_path / "outputs", database, 10, f"http://127.0.0.1:{port}")
    with server(f"sqlite:///{database}", port, tmp_path):
        code, err = ended(sweep.start())
    assert (code, messages(err)) == (0, []), err
    sweep.check()


def test_sqlite_is_locked_for_thirty_seconds(tmp_path):
    database = tmp_path / "outputs" / "mlflow.db"
    sweep = Sweep(tmp_path / "outputs", database, epochs=40)
    process = sweep.start()
    sweep.wait_until_all_run(process)
    with closing(sqlite3.connect(database, isolation_level=None, timeout=30)) as other:
        other.execute("begin exclusive")
        time.sleep(30)
        other.execute("rollback")
    code, err = ended(process)
    assert code == 0, err
    assert len(messages(err)) <= 2, err  # that it is locked, and that it is not any more
    sweep.check()


def test_the_server_is_gone_for_a_minute(tmp_path, empty_store, server, free_port):  # noqa: F811
    database, port = tmp_path / "mlflow.db", free_port()
    database.write_bytes(empty_store.read_bytes())
    # Some of them end while it is gone, and some afterwards.
    sweep = Sweep(tmp_path / "outputs", database, 120, f"http://127.0.0.1:{port}", runs=24)
    with server(f"sqlite:///{database}", port, tmp_path):
        process = sweep.start()
        sweep.wait_until_all_run(process)
    time.sleep(60)
    assert sweep.statuses()[Status.FINISHED] > 0
    with server(f"sqlite:///{database}", port, tmp_path):
        code, err = ended(process)
        assert code == 0, err
        assert len(messages(err)) == 2, err  # that it is gone, and that it is back
        sweep.check()


@pytest.fixture
def disk(tmp_path):
    """Return a folder on a file system of its own, and what remounts it with other options."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def mount(options: str) -> int:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        return subprocess.run(command, capture_output=True, check=False).returncode

    if mount("size=3m"):
        pytest.skip("only root can mount a small file system")
    yield folder, lambda options: mount(f"remount,{options}")
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_told_once_and_the_sweep_goes_on_when_there_is_room(tmp_path, disk):
    folder, remount = disk
    sweep = Sweep(folder / "outputs", folder / "outputs" / "mlflow.db", epochs=10)
    code, err = ended(sweep.start())
    assert code == 4, err
    assert "Traceback" not in err
    assert err.count("rnnlab: error:") == 1, err
    assert os.strerror(errno.ENOSPC) in err
    assert remount("size=200m") == 0
    code, err = ended(sweep.start())
    assert code == 0, err
    sweep.check(attempts=9)


def test_a_read_only_folder_is_one_message(tmp_path, disk):
    folder, remount = disk
    assert remount("size=200m,ro") == 0
    sweep = Sweep(folder / "outputs", folder / "outputs" / "mlflow.db", epochs=10)
    code, err = ended(sweep.start())
    assert (code, err.count("rnnlab: error:")) == (4, 1), err
    assert os.strerror(errno.EROFS) in err
    assert remount("size=200m,rw") == 0
    code, err = ended(sweep.start())
    assert code == 0, err
    sweep.check()
