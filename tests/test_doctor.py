from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab import doctor
from rnnlab.cli import main


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("RNNLAB_OUTPUT_DIR", str(tmp_path))
    return tmp_path


def test_a_healthy_machine(
    elsewhere: Path, stranger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith("ok") for line in lines)
    report = {line[4:22].strip(): line[23:] for line in lines}
    assert "rnnlab-stranger 2.5" in report["plugins"].split(", ")
    assert report["accelerators"].startswith("cpu (")
    assert report["tracking store"] == f"sqlite:///{elsewhere}/mlflow.db answers"
    assert report["a training"].startswith("done in ")
    assert report["torch"]


def test_what_is_wrong_is_named(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "_train", lambda: 1 // 0)
    monkeypatch.setattr(doctor, "_store", lambda: "fine")
    monkeypatch.setattr(doctor, "_PACKAGES", ("torch", "no-such-package"))
    assert main(["doctor"]) == 1
    wrong = [line for line in capsys.readouterr().out.splitlines() if line.startswith("!!")]
    assert [line[4:].split("  ")[0] for line in wrong] == ["no-such-package", "a training"]
    assert "ZeroDivisionError" in wrong[1]
