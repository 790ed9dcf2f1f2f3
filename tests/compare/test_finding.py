from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from rnnlab.compare.finding import find_runs
from rnnlab.errors import ConfigError, StorageError
from tests.compare.conftest import Make, make


def paths(*given: Path) -> list[Path]:
    return [folder.path for folder in find_runs(given)]


def test_a_run_an_experiment_and_all_runs(run: Make, outputs: Path) -> None:
    first, second = run(0).path, run(1).path
    assert paths(first) == [first]
    assert paths(outputs / "demo") == [first, second]
    assert paths(outputs) == [first, second]


def test_each_run_counts_once_however_often_it_is_named(run: Make, outputs: Path) -> None:
    first = run(0).path
    assert paths(first, outputs, outputs / "demo" / ".." / "demo") == [first]


def test_a_config_alone_is_no_run(run: Make, outputs: Path) -> None:
    first = run(0).path
    (outputs / "conf").mkdir()
    (outputs / "conf" / "config.yaml").write_text("seed: 0")
    assert paths(outputs) == [first]


def test_of_attempts_the_highest_with_a_config_counts(tmp_path: Path) -> None:
    sweep = tmp_path / "sweep"
    attempts = sweep / "runs" / "0123456789abcdef" / "attempts"
    for number in (1, 2, 10):
        make(attempts / str(number), 0, number / 100)
    (attempts / "11").mkdir()  # claimed, and nothing written yet
    (attempts / "newest").mkdir()
    other = make(sweep / "runs" / "fedcba9876543210" / "attempts" / "1", 1).path
    assert paths(sweep) == [attempts / "10", other]
    assert paths(attempts.parent) == [attempts / "10"]
    assert paths(attempts / "2") == [attempts / "2"], "named itself, it is meant"


def test_what_a_sweep_has_planned_is_a_run(tmp_path: Path) -> None:
    runs = tmp_path / "sweep" / "runs"
    for name in ("planned", "claimed", "begun"):
        (runs / name).mkdir(parents=True)
        (runs / name / "config.yaml").write_text("seed: 0")
    (runs / "claimed" / "attempts" / "1").mkdir(parents=True)
    begun = make(runs / "begun" / "attempts" / "1").path
    assert paths(tmp_path) == [begun, runs / "claimed", runs / "planned"]


def test_attempts_count_also_where_they_are_named_by_their_folder(tmp_path: Path) -> None:
    for number in (1, 2):
        make(tmp_path / "attempts" / str(number), 0)
    assert paths(tmp_path) == [tmp_path / "attempts" / "2"]


def test_links_and_hidden_folders_are_not_followed(run: Make, outputs: Path) -> None:
    first = run(0).path
    (outputs / "demo" / "circle").symlink_to(outputs)
    make(outputs / ".trash" / "run", 1)
    assert paths(outputs) == [first]


def test_a_link_that_is_named_is_meant(run: Make, outputs: Path, tmp_path: Path) -> None:
    run(0)
    (tmp_path / "link").symlink_to(outputs)
    assert paths(tmp_path / "link") == [tmp_path / "link" / "demo" / "run-0000"]


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^PATH=.*gone: there is no such folder$"):
        find_runs([tmp_path / "gone"])
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"^PATH=.*file: is not a folder$"):
        find_runs([tmp_path / "file"])


def test_what_may_not_be_read(
    run: Make, outputs: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first = run(0).path
    (outputs / "lost+found").mkdir()
    scandir = os.scandir

    def refusing(path: Path) -> Any:
        if path.name == "lost+found":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    with monkeypatch.context() as patch:
        patch.setattr("os.scandir", refusing)
        assert paths(outputs) == [first]
    assert caplog.messages == [f"left out: {outputs / 'lost+found'}: Permission denied"]
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(StorageError, match="cannot be read"):
        find_runs([outputs])
