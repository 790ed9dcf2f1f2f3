from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mlflow.tracking import MlflowClient

from rnnlab.tracking.exchange import Ended
from rnnlab.tracking.sender import Sender

STARTED = 1_700_000_000_000


class Listening:
    """Stands for an exchange: hears a number of messages and is gone then."""

    def __init__(self, most: int) -> None:
        self.heard: list[tuple[Any, ...]] = []
        self._most = most

    def tell(self, *message: Any) -> None:
        if len(self.heard) == self._most:
            raise Ended
        self.heard.append(message)


def answers(*asked: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """What a sender says to some messages, one each."""
    listening: Any = Listening(len(asked))
    sender = Sender(listening)
    # One more, at which it notices that nobody hears it.
    for message in (*asked, ("none",)):
        sender.take(message)
    with pytest.raises(Ended):
        sender.work()
    heard: list[tuple[Any, ...]] = listening.heard
    return heard


def opening(uri: str, run_id: str | None = None) -> list[tuple[Any, ...]]:
    """Messages that open a run; it asks twice whether to make or change anything, or once."""
    return [("open", uri, "e", "r", run_id, "key", STARTED), *[("go",)] * (1 if run_id else 2)]


def test_it_does_one_thing_after_another(uri: str, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("a: 1\n")
    heard = answers(
        *opening(uri),
        ("log_points", [("loss", 0.5, step, None, 1000 + step) for step in range(3)]),
        ("log_params", {"a": "1"}),
        ("set_tags", {"t": "2"}),
        ("log_artifact", tmp_path / "config.yaml", "files"),
        ("check_active",),
        ("finish", "PRUNED", "why", STARTED + 5000),
    )
    assert heard[:2] == [("proceed",)] * 2
    run_id = heard[2][1]
    assert heard[2:] == [("done", run_id), *[("done", None)] * 6]
    client = MlflowClient(uri)
    run = client.get_run(run_id)
    assert (run.info.start_time, run.info.end_time) == (STARTED, STARTED + 5000)
    assert (run.info.status, run.data.tags["rnnlab.cause"]) == ("KILLED", "why")
    assert run.data.tags["t"] == "2"
    assert run.data.params == {"a": "1"}
    history = client.get_metric_history(run_id, "loss")
    assert sorted((m.value, m.step, m.timestamp) for m in history) == [
        (0.5, step, 1000 + step) for step in range(3)
    ]
    (file,) = client.list_artifacts(run_id, "files")
    assert file.path == "files/config.yaml"


def test_what_goes_wrong_is_told_by_kind(uri: str, tmp_path: Path) -> None:
    run_id = answers(*opening(uri))[-1][1]
    heard = answers(
        *opening(uri, run_id),
        ("log_points", [("a*b", 1.0, 0, None, 0)]),
        ("log_artifact", tmp_path / "none", None),
        ("log_points", [("loss", 1.0, 2**70, None, 0)]),
        ("set_tags", {}),
    )
    assert heard[:2] == [("proceed",), ("done", run_id)]
    name, file, number, tags = heard[2:]
    assert name[:2] == ("failed", "refused")
    assert "Names may only contain alphanumerics" in name[2]
    assert file[:2] == ("failed", "refused")
    assert str(tmp_path / "none") in file[2]
    assert number[0] == "failed"
    assert number[2]
    assert tags == ("done", None)


def test_a_run_that_was_deleted_is_told_with_the_way_back(uri: str) -> None:
    run_id = answers(*opening(uri))[-1][1]
    client = MlflowClient(uri)

    class Deleting(Listening):
        def tell(self, *message: Any) -> None:
            super().tell(*message)
            if message == ("done", run_id):
                client.delete_run(run_id)

    listening: Any = Deleting(3)
    sender = Sender(listening)
    for message in (*opening(uri, run_id), ("check_active",), ("none",)):
        sender.take(message)
    with pytest.raises(Ended):
        sender.work()
    back = f"MLFLOW_TRACKING_URI={uri} mlflow runs restore --run-id {run_id}"
    told = f"run {run_id} was deleted; to restore it: {back}"
    assert listening.heard[-1] == ("failed", "deleted", told)


def test_a_store_that_cannot_be_opened_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("no database")
    (answer,) = answers(("open", f"sqlite:///{tmp_path}/mlflow.db", "e", "r", None, "k", STARTED))
    assert answer[:2] == ("failed", "other")
    assert "file is not a database" in answer[2]


def test_it_imports_nothing_that_trains(uri: str) -> None:
    code = f"""
import sys
from pathlib import Path
from rnnlab.tracking.exchange import Ended
from rnnlab.tracking.sender import Sender
class Listening:
    def tell(self, what, *rest):
        assert what != "failed", rest
        if what == "proceed":
            sender.take(("go",))
sender = Sender(Listening())
sender._do("open", [{uri!r}, "e", "r", None, "k", 1])
sender._do("log_points", [[("loss", 1.0, 1, None, 1)]])
sender._do("log_params", [{{"a": "1"}}])
sender._do("set_tags", [{{"a": "1"}}])
sender._do("log_artifact", [Path({__file__!r})])
sender._do("finish", ["FINISHED"])
print({{name.split(".")[0] for name in sys.modules}}
    & {{"mlflow", "torch", "pytorch_lightning", "lightning_fabric", "hydra", "omegaconf"}})
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "{'mlflow'}\n"
    assert done.stderr == ""
