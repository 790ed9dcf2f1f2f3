import os
import signal
import subprocess
import sys
import time

import pytest

from rnnlab.runs import measure
from rnnlab.runs.execute import execute
from rnnlab.runs.folder import RunFolder
from rnnlab.runs.json_files import read_json, write_json
from rnnlab.runs.train import train
from tests.runs.conftest import SMALL

ENDLESS = ["trainer.max_epochs=100000", "trainer.limit_train_batches=1.0"]


@pytest.mark.parametrize(
    ("number", "code", "name"), [(signal.SIGTERM, 143, "sigterm"), (signal.SIGINT, 130, "sigint")]
)
def test_a_signal_ends_the_run_as_killed(tmp_path, number, code, name):
    overrides = [o for o in SMALL if not o.startswith("tracking.enabled")]
    command = [
        sys.executable, "-m", "rnnlab", "train", *overrides, *ENDLESS,
        f"output_dir={tmp_path}", f"name={name}",
    ]  # fmt: skip
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    environment.pop("MLFLOW_TRACKING_URI", None)
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, env=environment)
    folder = RunFolder(tmp_path / "digits_rows" / name)
    deadline = time.monotonic() + 120
    while not (folder.checkpoints / "last.ckpt").exists() and time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()[1].decode()
        time.sleep(0.05)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == code
    assert f"rnnlab: error: interrupted by signal {int(number)}" in errors.decode()
    assert "Traceback" not in errors.decode()
    status = folder.read_status()
    assert (status["status"], status["cause"]) == (
        "KILLED",
        f"interrupted by signal {int(number)}",
    )
    from mlflow.tracking import MlflowClient

    client = MlflowClient(f"sqlite:///{tmp_path}/mlflow.db")
    run = client.get_run(read_json(folder.path / "mlflow.json")["run_id"])
    assert run.info.status == "KILLED"
    assert run.data.params["cell.hidden_size"] == "8"


def test_a_fault_in_training_is_recorded_with_its_cause(small, monkeypatch, tmp_path):
    def broken(*arguments, **options):
        raise ValueError("out of luck")

    monkeypatch.setattr(measure, "evaluate", broken)
    with pytest.raises(ValueError, match="out of luck"):
        train([*small, "name=broken"])
    status = read_json(tmp_path / "outputs/digits_rows/broken/status.json")
    assert (status["status"], status["cause"]) == ("FAILED", "ValueError: out of luck")


def test_a_folder_can_be_executed_again_from_anywhere(small, tmp_path, monkeypatch):
    folder = train([*small, "name=again"])
    first = read_json(folder.result)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    again = execute(folder)
    assert again["scores"] == first["scores"]
    assert not list(elsewhere.iterdir())


def test_truncated_training_of_a_stream(small, tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("abcab " * 400)
    folder = train(
        [*small, "dataset=characters", f"dataset.path={text}", "task=synced_many_to_many",
         "trainer.stream_steps=20", "trainer.truncate_steps=5", "trainer.batch_size=4",
         "trainer.limit_train_batches=1.0", "name=stream"],
    )  # fmt: skip
    result = read_json(folder.result)
    track = int(2400 * 0.9) // 4
    assert result["steps"] == 2 * (track // 20) * 4
    assert result["scores"]["test"]["loss"] < result["baselines"]["unigram"]["loss"]


def test_what_has_changed_since_the_beginning_is_noted_once(small):
    folder = train([*small, "name=older", "diagnostics.baselines=false"])
    manifest = read_json(folder.manifest)
    write_json(folder.manifest, {**manifest, "packages": {**manifest["packages"], "torch": "1.0"}})
    for _ in range(2):
        execute(folder, resume=True)
        (line,) = read_json(folder.manifest)["changed_since"]
        assert line.startswith("package torch: 1.0 then, ")
