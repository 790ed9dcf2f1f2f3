"""Ends that killed processes could not write, and what a tracking server missed."""

import json
import os
import socket
import subprocess
import sys

import pytest
from mlflow.tracking import MlflowClient

from rnnlab.cli import main
from rnnlab.runs.closing import close, close_abandoned, sync
from rnnlab.runs.folder import RunFolder, Status
from rnnlab.runs.json_files import read_json, write_json
from rnnlab.runs.ownership import owned
from rnnlab.runs.train import train
from rnnlab.training.module import TrainingModule


@pytest.fixture(scope="module")
def dead():
    """Return the number of a process that is gone."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.fixture
def make(tmp_path, dead):
    """Return what makes a run of some status."""

    def make(name, status, **changes):
        folder = RunFolder(tmp_path / "outputs" / "demo" / name)
        folder.path.mkdir(parents=True)
        folder.config.write_text("seed: 0\n")
        folder.write_status(status)
        content = {**read_json(folder.path / "status.json"), "pid": dead, **changes}
        write_json(folder.path / "status.json", content)
        return folder

    return make


@pytest.mark.parametrize("status", [Status.CREATED, Status.RUNNING])
def test_runs_whose_process_is_gone_are_marked_killed(tmp_path, make, dead, status):
    gone = make("gone", status)
    assert close_abandoned(tmp_path / "outputs") == [gone]
    found = gone.read_status()
    cause = f"process {dead} on {socket.gethostname()} ended without a word"
    assert (found["status"], found["cause"]) == ("KILLED", cause)
    assert set(found["times"]) == {status, "KILLED"}
    assert close_abandoned(tmp_path / "outputs") == []


@pytest.mark.parametrize(
    ("status", "changes"),
    [
        (Status.RUNNING, {"pid": os.getpid()}),
        (Status.CREATED, {"pid": os.getpid()}),
        (Status.RUNNING, {"host": "elsewhere"}),
        (Status.FINISHED, {}),
        (Status.FAILED, {"cause": "why"}),
        (Status.PREEMPTED, {}),
        (Status.KILLED, {}),
    ],
)
def test_others_are_left_alone(tmp_path, make, status, changes):
    other = make("other", status, **changes)
    before = (other.path / "status.json").read_bytes()
    assert close_abandoned(tmp_path / "outputs") == []
    assert not close(other)
    assert (other.path / "status.json").read_bytes() == before


CLOSE = """
import os, sys, time
from pathlib import Path
from rnnlab.runs.closing import close
from rnnlab.runs.folder import RunFolder
print("ready", flush=True)
sys.stdin.readline()
print(close(RunFolder(Path(sys.argv[1]))))
"""


def test_commands_at_once_close_a_run_once(make):
    gone = make("gone", Status.RUNNING)
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", CLOSE, str(gone.path)]
    started = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(3)]
    for process in started:
        assert process.stdout.readline() == "ready\n"
    for process in started:
        process.stdin.write("\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=60)[0].strip() for process in started]
    assert sorted(answers) == ["False", "False", "True"]
    assert gone.read_status()["status"] == "KILLED"


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '"RUNNING"'])
def test_a_damaged_status_keeps_no_other_run_from_its_end(tmp_path, make, caplog, content):
    damaged, gone = make("damaged", Status.RUNNING), make("gone", Status.RUNNING)
    (damaged.path / "status.json").write_text(content)
    assert close_abandoned(tmp_path / "outputs") == [gone]
    assert not caplog.records  # whoever asks for that run is told
    assert (damaged.path / "status.json").read_text() == content


def test_a_run_whose_files_lead_elsewhere_costs_a_warning_and_not_the_command(
    tmp_path, make, caplog
):
    linked, gone = make("linked", Status.RUNNING), make("gone", Status.RUNNING)
    secret = tmp_path / "secret.json"
    (linked.path / "status.json").rename(secret)
    (linked.path / "status.json").symlink_to(secret)
    before = secret.read_bytes()
    assert close_abandoned(tmp_path / "outputs") == [gone]
    assert sync(tmp_path / "outputs") == (0, 1)
    assert "is a link that leads out of the run folder" in caplog.text
    assert secret.read_bytes() == before


def points(folder):
    found = [json.loads(line) for line in folder.metrics.read_text().splitlines()]
    return sorted((p["name"], float(p["value"]), p["step"], p["timestamp"]) for p in found)


def in_mlflow(folder, uri):
    client, run_id = MlflowClient(uri), read_json(folder.path / "mlflow.json")["run_id"]
    run = client.get_run(run_id)
    history = sorted(
        (point.key, point.value, point.step, point.timestamp)
        for name in run.data.metrics
        for point in client.get_metric_history(run_id, name)
    )
    return run, history


@pytest.fixture
def missed(small, tmp_path, monkeypatch, free_port):
    """Return runs, finished and failed, that ended while their tracking server was away."""
    away = f"http://127.0.0.1:{free_port()}"
    quick = [*small, "tracking.enabled=true", f"tracking.uri={away}", "trainer.max_epochs=1",
             "diagnostics.baselines=false"]  # fmt: skip
    finished = train([*quick, "name=finished"])

    def broken(*_):
        raise ValueError("out of luck")

    monkeypatch.setattr(TrainingModule, "on_validation_epoch_end", broken)
    with pytest.raises(ValueError, match="out of luck"):
        train([*quick, "name=failed"])
    return finished, RunFolder(finished.path.with_name("failed"))


def test_what_a_tracking_server_has_missed_is_sent_once_it_is_back(missed, tmp_path, uri, capsys):
    outputs = ["--output-dir", str(tmp_path / "outputs")]
    before = [(folder.path / "metrics.jsonl").read_bytes() for folder in missed]
    assert main(["sync", *outputs]) == 4
    assert capsys.readouterr().out == "0 runs sent, 2 could not be\n"
    # The store at another address.
    for folder in missed:
        link = read_json(folder.path / "mlflow.json")
        assert link["status"] is None
        write_json(folder.path / "mlflow.json", {**link, "uri": uri})
    with owned(missed[1]):  # it is being resumed, say
        assert main(["sync", *outputs]) == 4
        assert capsys.readouterr().out == "1 runs sent, 1 could not be\n"
    assert main(["sync", *outputs]) == 0
    assert capsys.readouterr().out == "1 runs sent, 0 could not be\n"
    assert main(["sync", *outputs]) == 0
    assert capsys.readouterr().out == "0 runs sent, 0 could not be\n"
    expected = [("FINISHED", None), ("FAILED", "ValueError: out of luck")]
    for folder, (status, cause) in zip(missed, expected, strict=True):
        run, history = in_mlflow(folder, uri)
        assert history == points(folder)
        assert run.info.status == run.data.tags["rnnlab.status"] == status
        assert run.data.tags.get("rnnlab.cause") == cause
        assert run.info.run_name == folder.path.name
        assert run.data.params["cell.hidden_size"] == "8"
        assert run.data.tags["rnnlab.folder"] == str(folder.path)
    assert [(folder.path / "metrics.jsonl").read_bytes() for folder in missed] == before
    found = MlflowClient(uri).get_experiment_by_name("digits_rows")
    assert len(MlflowClient(uri).search_runs([found.experiment_id])) == 2


def test_a_damaged_link_keeps_no_other_run_from_being_sent(make, tmp_path, caplog):
    damaged = make("damaged", Status.FINISHED)
    (damaged.path / "mlflow.json").write_text("{")
    make("never tracked", Status.FINISHED)
    make("running", Status.RUNNING, host="elsewhere")
    assert sync(tmp_path / "outputs") == (0, 1)
    assert "mlflow.json" in caplog.text
