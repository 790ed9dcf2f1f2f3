from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from rnnlab.bench import compile_time
from rnnlab.bench.compile_time import compile_seconds, in_process
from rnnlab.errors import RunFailed

ASKED = {
    "cell": "rnn", "size": "2,3,4", "arguments": [], "seed": 0, "device": "cpu", "threads": 1,
    "kind": "engine", "name": "loop",
}  # fmt: skip


def test_a_process_of_its_own_answers(tmp_path: Path) -> None:
    found = in_process(ASKED, tmp_path)
    assert found["first"] > 0
    assert found["later"] > 0


def test_its_failure_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunFailed, match="ConfigError: engine=fusedd: no such engine"):
        in_process({**ASKED, "name": "fusedd"}, tmp_path)


def test_a_process_that_dies_or_hangs_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = tmp_path / "child"
    monkeypatch.setattr(sys, "executable", str(child))
    child.write_text("#!/bin/sh\necho one >&2\necho two >&2\nexit 3\n")
    child.chmod(0o700)
    with pytest.raises(RunFailed, match=r"the process ended \(3\): two"):
        in_process(ASKED, tmp_path)
    child.write_text("#!/bin/sh\nexec sleep 60\n")
    with pytest.raises(RunFailed, match=r"took longer than 0\.2 s"):
        in_process(ASKED, tmp_path, limit=0.2)


def test_caches_are_empty_at_first_and_then_those_of_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folders: list[Path] = []

    def child(asked: Any, caches: Path) -> dict[str, float]:
        folders.append(caches)
        assert bool(list(caches.iterdir())) == (len(folders) > 1)
        (caches / "kernel").touch()
        return {"first": 9.5 if len(folders) == 1 else 2.5, "later": 0.5}

    monkeypatch.setattr(compile_time, "in_process", child)
    assert compile_seconds(ASKED) == {"cold": 9.0, "warm": 2.0}
    assert folders[0] == folders[1]
    assert not folders[0].exists()


def test_what_compiles_nothing_is_run_once(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([{"first": 0.3, "later": 0.5}])
    monkeypatch.setattr(compile_time, "in_process", lambda *_: next(answers))
    assert compile_seconds(ASKED) == {"cold": 0.0, "warm": 0.0}
