"""Runs whose end somebody else has to write, among folders that nobody vouches for."""

import json
import os
import socket

import pytest

from rnnlab.cli import main
from rnnlab.errors import StorageError
from rnnlab.runs.closing import close_abandoned, sync
from rnnlab.runs.folder import Status, create
from rnnlab.runs.train import train

NOW = "2026-01-01T00:00:00+00:00"
GOOD = {
    "status": "RUNNING",
    "cause": None,
    "pid": os.getpid(),
    "host": socket.gethostname(),
    "times": {"RUNNING": NOW},
}
BAD = [
    "",
    "garbage",
    "null",
    "[1]",
    '"FINISHED"',
    '{"status": 5}',
    '{"status": "RUNNING"}',
    *(
        json.dumps(GOOD | change)
        for change in (
            {"status": "BANANA"},
            {"status": {}},
            {"pid": "abc"},
            {"pid": -1},
            {"pid": None},
            {"host": 3},
            {"times": [1]},
            {"times": {}},
            {"times": {"RUNNING": 5}},
            {"times": {"RUNNING": "yesterday"}},
        )
    ),
]


def run(tmp_path, name, status):
    folder = create(tmp_path / "outputs", "demo", name)
    folder.config.write_text("seed: 0\n")
    (folder.path / "status.json").write_text(status)
    return folder


@pytest.mark.parametrize("status", BAD, ids=range(len(BAD)))
def test_a_status_that_is_none_is_told_and_no_other_run_suffers(tmp_path, status, capsys):
    damaged = run(tmp_path, "a", status)
    killed = run(tmp_path, "b", json.dumps(GOOD | {"pid": 2**22 + 1}))
    with pytest.raises(StorageError, match=r"status\.json: cannot be read"):
        damaged.read_status()
    assert [folder.path.name for folder in close_abandoned(tmp_path / "outputs")] == ["b"]
    assert killed.read_status()["status"] == Status.KILLED
    assert main(["sync", "--output-dir", f"{tmp_path}/outputs"]) == 4
    said = capsys.readouterr()
    assert said.out == "0 runs sent, 1 could not be\n"
    (line,) = said.err.splitlines()
    assert line.startswith(f"rnnlab: warning: {damaged.path}/status.json: cannot be read: ")
    assert main(["resume", str(damaged.path), "--output-dir", f"{tmp_path}/outputs"]) == 4
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"rnnlab: error: {damaged.path}/status.json: cannot be read: ")


@pytest.mark.parametrize(
    "link",
    [
        "garbage",
        "[]",
        "{}",
        '{"uri": 5}',
        '{"uri": "http://h", "sent": -1}',
        '{"uri": "http://h", "sent": 1e400}',
        '{"uri": "http://h", "sent": 1000000000000000000000000000000}',
        '{"uri": "http://h", "run_id": 6}',
        '{"uri": "http://h", "what": "x"}',
    ],
)
def test_a_link_that_is_none_is_told(tmp_path, link, caplog):
    damaged = run(tmp_path, "a", json.dumps(GOOD))
    damaged.write_status(Status.FAILED, "why")
    (damaged.path / "mlflow.json").write_text(link)
    assert sync(tmp_path / "outputs") == (0, 1)
    (said,) = caplog.messages
    assert said.startswith(f"cannot read {damaged.path}/mlflow.json: ")


@pytest.mark.parametrize("name", ["manifest.json", "origin.json", "init.json"])
def test_what_cannot_be_told_truly_is_not_told(small, tmp_path, name, caplog):
    made = train([*small, "trainer.max_epochs=1", "diagnostics.baselines=false"])
    link = {"uri": f"sqlite:///{tmp_path}/mlflow.db", "run_id": "a" * 32}
    (made.path / "mlflow.json").write_text(json.dumps(link))
    (made.path / name).write_text("{}")
    assert sync(tmp_path / "outputs") == (0, 1)
    (said,) = [message for message in caplog.messages if "cannot be read" in message]
    assert said.startswith(f"{made.path / name}: cannot be read: ")
    if name == "manifest.json":
        made.manifest.unlink()
        assert sync(tmp_path / "outputs") == (0, 1)
