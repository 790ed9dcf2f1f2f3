"""However a run ends, its status is true: in the folder, in MLflow and in the exit code."""

import errno
import os
import signal
import subprocess
import sys
import time

import pytest
import torch
from mlflow.tracking import MlflowClient
from omegaconf import OmegaConf

from rnnlab.cli import main
from rnnlab.errors import RunFailed, StorageError
from rnnlab.runs import attempt
from rnnlab.runs import execute as execution
from rnnlab.runs.folder import RunFolder, Status
from rnnlab.runs.json_files import read_json
from rnnlab.runs.train import train
from rnnlab.training.checkpoint_reading import read
from rnnlab.training.checkpoints import Checkpoints
from rnnlab.training.module import TrainingModule
from tests.runs.conftest import SMALL


@pytest.fixture
def tracked(small, uri):
    """Return overrides of a small run that MLflow hears of."""
    return [*small, "tracking.enabled=true", f"tracking.uri={uri}"]


def in_mlflow(folder, uri):
    run = MlflowClient(uri).get_run(read_json(folder.path / "mlflow.json")["run_id"])
    return run.info.status, run.data.tags.get("rnnlab.status"), run.data.tags.get("rnnlab.cause")


def only_run(tmp_path):
    (config,) = (tmp_path / "outputs").glob("*/*/config.yaml")
    return RunFolder(config.parent)


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (attempt, "training_module"),
        (TrainingModule, "training_step"),
        (TrainingModule, "validation_step"),
        (Checkpoints, "on_train_end"),
        (attempt, "scores"),
        (attempt, "evaluate_baselines"),
        (attempt, "final_points"),
    ],
)
def test_an_exception_in_any_phase_fails_the_run(tracked, uri, tmp_path, monkeypatch, owner, name):
    def broken(*arguments, **options):
        raise ValueError("out of luck")

    monkeypatch.setattr(owner, name, broken)
    with pytest.raises(ValueError, match="out of luck"):
        train(tracked)
    folder = only_run(tmp_path)
    status = folder.read_status()
    assert (status["status"], status["cause"]) == ("FAILED", "ValueError: out of luck")
    assert in_mlflow(folder, uri) == ("FAILED", "FAILED", "ValueError: out of luck")
    assert not (folder.path / ".reserve").exists()


@pytest.mark.parametrize("code", [0, 3, "bye"])
def test_a_callback_that_ends_the_process_fails_the_run(
    tracked, tmp_path, monkeypatch, capsys, code
):
    monkeypatch.setattr(Checkpoints, "on_train_epoch_end", lambda *_: sys.exit(code))
    assert main(["train", *tracked]) == 1
    why = f"a part of the run ended the process: sys.exit({code!r})"
    assert capsys.readouterr().err == f"rnnlab: error: {why}\n"
    status = only_run(tmp_path).read_status()
    assert (status["status"], status["cause"]) == ("FAILED", why)


def test_memory_that_runs_out_is_one_line(small, tmp_path, monkeypatch):
    monkeypatch.setattr(TrainingModule, "training_step", lambda *_: torch.empty(2**52))
    with pytest.raises(RunFailed, match=r"out of memory: .*; a smaller trainer.batch_size"):
        train(small)
    status = only_run(tmp_path).read_status()
    assert status["status"] == "FAILED"
    assert status["cause"].startswith("out of memory: ")


@pytest.fixture
def small_disk(tmp_path):
    """Return a folder on a file system of its own with 1 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a small file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_fails_the_run_and_says_so_everywhere(tracked, uri, small_disk, capsys):
    # Two checkpoints of half a megabyte each do not fit, and the second is the one that fails.
    big = ["cell.hidden_size=100", "trainer.max_epochs=6", f"output_dir={small_disk}", "name=full"]
    assert main(["train", *tracked, *big]) == 4
    folder = RunFolder(small_disk / "digits_rows" / "full")
    error = capsys.readouterr().err
    assert error.endswith(f"cannot be written: {os.strerror(errno.ENOSPC)}\n")
    assert error.count("rnnlab: error:") == 1
    status = folder.read_status()
    assert status["status"] == "FAILED"
    assert os.strerror(errno.ENOSPC) in status["cause"]
    assert read(folder.checkpoints / "last.ckpt")["epoch"] >= 0


def test_a_disk_that_is_full_from_the_start_makes_no_run(tracked, small_disk, capsys):
    with (small_disk / "junk").open("wb", buffering=0) as file, pytest.raises(OSError):  # noqa: PT011
        while True:
            file.write(bytes(4096))
    assert main(["train", *tracked, f"output_dir={small_disk}"]) == 4
    assert capsys.readouterr().err.count("rnnlab: error:") == 1


@pytest.fixture
def started(tmp_path):
    """Return what starts the real command with an endless training, and ends it after the test."""
    processes = []

    def start(*overrides):
        process, folder = _start(tmp_path, *overrides)
        processes.append(process)
        return process, _trains(process, folder)

    yield start
    for process in processes:
        if process.poll() is None:
            process.kill()
            process.communicate()


def _start(tmp_path, *overrides):
    overrides = [
        *(each for each in SMALL if not each.startswith("tracking.enabled")),
        "trainer.max_epochs=100000", "trainer.limit_train_batches=1.0",
        f"output_dir={tmp_path}", "name=run", *overrides,
    ]  # fmt: skip
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "rnnlab", "train", *overrides],
        cwd=tmp_path, stderr=subprocess.PIPE, env=environment,
    )  # fmt: skip
    return process, RunFolder(tmp_path / "digits_rows" / "run")


def _trains(process, folder):
    deadline = time.monotonic() + 120
    while not (folder.checkpoints / "last.ckpt").exists() and time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()[1].decode()
        time.sleep(0.02)
    return folder


@pytest.mark.parametrize(
    ("numbers", "overrides", "code", "status"),
    [
        ([signal.SIGINT, signal.SIGINT], [], 130, "KILLED"),
        ([signal.SIGUSR1], [], 75, "PREEMPTED"),
        ([signal.SIGTERM], ["trainer.preempt=true"], 75, "PREEMPTED"),
    ],
)
@pytest.mark.slow
def test_signals(started, uri, numbers, overrides, code, status):
    process, folder = started(f"tracking.uri={uri}", *overrides)
    before = read(folder.checkpoints / "last.ckpt")["rnnlab"]["position"]["step"]
    for number in numbers:
        process.send_signal(number)
        time.sleep(0.05)
    errors = process.communicate(timeout=60)[1].decode()
    assert process.returncode == code
    assert "Traceback" not in errors
    said = folder.read_status()
    assert said["status"] == status
    # MLflow has no word for pre-empted.
    assert in_mlflow(folder, uri) == ("KILLED", status, said["cause"])
    if status == "PREEMPTED":
        assert read(folder.checkpoints / "last.ckpt")["rnnlab"]["position"]["step"] > before
        assert "rnnlab: error: pre-empted; go on with: rnnlab resume" in errors


@pytest.mark.slow
def test_a_killed_process_is_found_by_the_next_command_that_looks(started, tmp_path, uri, capsys):
    process, folder = started(f"tracking.uri={uri}")
    assert main(["scores", "--output-dir", str(tmp_path)]) == 2
    assert folder.read_status()["status"] == Status.RUNNING  # it lives
    process.kill()
    process.communicate()
    capsys.readouterr()
    assert main(["scores", "--output-dir", str(tmp_path)]) == 2
    assert "warning: run is marked KILLED: its process is gone" in capsys.readouterr().err
    status = folder.read_status()
    assert status["status"] == "KILLED"
    assert status["cause"] == f"process {process.pid} on {status['host']} ended without a word"
    assert in_mlflow(folder, uri) == ("KILLED", "KILLED", status["cause"])


def test_a_run_is_not_begun_where_its_end_could_not_be_written(tmp_path):
    folder = RunFolder(tmp_path / "missing")
    with pytest.raises(StorageError):
        folder.reserve()


def test_a_signal_before_the_run_says_that_it_runs(small, tmp_path, monkeypatch):
    monkeypatch.setattr(execution, "log_to", lambda folder: os.kill(os.getpid(), signal.SIGTERM))
    assert main(["train", *small]) == 143
    status = only_run(tmp_path).read_status()
    assert (status["status"], status["cause"]) == ("KILLED", "interrupted by signal 15")


def test_a_signal_while_the_folder_is_made_leaves_none(small, tmp_path, monkeypatch):
    monkeypatch.setattr(
        OmegaConf, "save", lambda config, path: os.kill(os.getpid(), signal.SIGUSR1)
    )
    assert main(["train", *small]) == 75
    assert list((tmp_path / "outputs").iterdir()) == []


def test_a_signal_while_mlflow_is_told_leaves_the_run_finished(
    small, tmp_path, monkeypatch, capsys
):
    finish = attempt.Attempt.finish

    def interrupted(*arguments):
        finish(*arguments)
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(attempt.Attempt, "finish", interrupted)
    assert main(["train", *small]) == 143
    assert only_run(tmp_path).read_status()["status"] == "FINISHED"
    assert "warning: the run has ended; what MLflow lacks" in capsys.readouterr().err


@pytest.mark.parametrize("end", [Status.FINISHED, Status.FAILED])
@pytest.mark.parametrize(
    ("number", "code", "status"),
    [(signal.SIGTERM, 143, "KILLED"), (signal.SIGUSR1, 75, "PREEMPTED")],
)
def test_a_signal_while_the_end_is_written_is_the_end(
    small, tmp_path, monkeypatch, capsys, end, number, code, status
):
    def write(self, what, cause=None):
        if what == end:
            os.kill(os.getpid(), number)
        real(self, what, cause)

    def broken(*_):
        raise ValueError("out of luck")

    real = RunFolder.write_status
    monkeypatch.setattr(RunFolder, "write_status", write)
    if end == Status.FAILED:
        monkeypatch.setattr(attempt, "final_points", broken)
    assert main(["train", *small]) == code
    assert only_run(tmp_path).read_status()["status"] == status
    assert "has finished" not in capsys.readouterr().err
