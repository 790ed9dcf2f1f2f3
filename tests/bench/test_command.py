from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from rnnlab.bench import cells, compiling, timing
from rnnlab.bench.record import Measured, Record, Result
from rnnlab.bench.size import SIZES, Size
from rnnlab.cli import main

SMALL = ("--size", "2,3,4", "--engine", "loop", "--peer", "torch", "--seconds", "0")


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "_TURN", 1e-12)


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[tuple[cells.Plan, str, Size]]:
    """Each case that is not measured: the loop takes 2 ms in all of them."""
    asked: list[tuple[cells.Plan, str, Size]] = []

    def measure(plan: cells.Plan, cell: str, size: Size, keep: Callable[[Result], None]) -> None:
        asked.append((plan, cell, size))
        keep(Result(cell, size, [Measured("loop", "engine", [0.001], [0.002])], 1))

    monkeypatch.setattr(cells, "measure", measure)
    monkeypatch.setattr(compiling, "measure", measure)
    return asked


def test_cells_are_measured_shown_written_and_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found, picture = tmp_path / "found.json", tmp_path / "found.png"
    files = ("--json", str(found), "--plot", str(picture))
    assert main(["bench", "--cell", "rnn", *SMALL, *files]) == 0
    shown = capsys.readouterr()
    assert shown.err == "rnn 2,3,4 …\n"
    assert "nn.RNN" in shown.out
    assert "geometric mean" in shown.out
    plain = json.loads(found.read_text())
    assert [item["name"] for item in plain["results"][0]["measured"]] == ["nn.RNN", "loop"]
    assert plain["setting"]["seed"] == 0
    assert 0 <= plain["results"][0]["others_percent"] <= 100
    assert picture.stat().st_size > 1000
    assert main(["bench", "--from", str(found)]) == 0
    assert capsys.readouterr() == (shown.out, "")


def test_without_options_it_is_three_cells_at_five_sizes(
    measured: list[tuple[cells.Plan, str, Size]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench"]) == 0
    assert [(cell, size) for _, cell, size in measured] == [
        (cell, size) for cell in ("lstm", "gru", "rnn") for size in SIZES
    ]
    plan = measured[0][0]
    assert (plan.engines, plan.seconds, plan.memory) == (None, 10.0, True)
    capsys.readouterr()


def test_the_verb_may_be_left_out(
    measured: list[tuple[cells.Plan, str, Size]], capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--cell", "rnn", *SMALL, "--arg", "nonlinearity=relu", "--seed", "3"]
    assert main(["bench", *options]) == main(["bench", "cells", *options]) == 0
    (one, *_), (other, *_) = measured
    assert one == other
    assert (one.arguments, one.seed) == (["nonlinearity=relu"], 3)
    capsys.readouterr()


def test_an_interrupt_shows_and_writes_what_there_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = tmp_path / "found.json"

    def measure(plan: object, cell: str, size: Size, keep: Callable[[Result], None]) -> None:
        if cell == "gru":
            # What was kept before is on the disk already: the process might be killed.
            assert len(json.loads(found.read_text())["results"]) == 1
            raise KeyboardInterrupt
        keep(Result(cell, size, [Measured("loop", "engine", [0.001], [0.002])], 1))

    monkeypatch.setattr(cells, "measure", measure)
    assert main(["bench", *SMALL, "--json", str(found)]) == 130
    assert "lstm" in capsys.readouterr().out
    assert [item["cell"] for item in json.loads(found.read_text())["results"]] == ["lstm"]


def test_a_candidate_that_fails_is_exit_code_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def measure(plan: object, cell: str, size: Size, keep: Callable[[Result], None]) -> None:
        keep(Result(cell, size, [Measured("loop", "engine", trouble="no compiler")], 1))

    monkeypatch.setattr(cells, "measure", measure)
    assert main(["bench", "--cell", "rnn", *SMALL]) == 1
    assert "rnn 2,3,4 loop: no compiler" in capsys.readouterr().out


def test_auto_is_judged_now_and_later(
    measured: list[tuple[cells.Plan, str, Size]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(compiling, "compile_seconds", lambda _: {"cold": 9.0, "warm": 0.6})
    found = tmp_path / "auto.json"
    options = ["--run-length", "1000", "--json", str(found)]
    assert main(["bench", "auto", "--cell", "jordan", "--size", "2,3,4", *options]) == 0
    text = capsys.readouterr().out
    assert measured[0][0].peers == []
    assert not measured[0][0].memory
    assert "1,000 steps" in text
    assert "2.0 ms + 9.0 s" in text
    (only,) = json.loads(found.read_text())["regrets"]
    assert (only["steps"], only["best"], only["best_seconds"]) == (1000, "loop", 11.0)
    assert main(["bench", "auto", "--from", str(found), "--cache", "warm"]) == 0
    text = capsys.readouterr().out
    assert "50,000 steps" in text
    assert "2.0 ms + 0.6 s" in text


def test_compile_is_measured_at_one_size(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Mapping[str, Any]] = []

    def child(about: Mapping[str, Any]) -> dict[str, float]:
        asked.append(about)
        return {"cold": 9.0, "warm": 0.6}

    monkeypatch.setattr(compiling, "compile_seconds", child)
    found = tmp_path / "compile.json"
    options = ["--engine", "loop", "--peer", "none", "--json", str(found), "--threads", "1"]
    assert main(["bench", "compile", *options]) == 0
    assert [(each["cell"], each["size"]) for each in asked] == [
        (cell, "32,100,64") for cell in ("lstm", "gru", "rnn")
    ]
    assert {each["threads"] for each in asked} == {1}
    text = capsys.readouterr().out
    assert "9.00" in text
    assert main(["bench", "compile", "--from", str(found)]) == 0
    assert capsys.readouterr().out == text


def test_a_file_of_another_verb_is_refused(
    record: Record, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "found.json"
    record.write(path)
    assert main(["bench", "auto", "--from", str(path)]) == 2
    assert "was not written by rnnlab bench auto --json" in capsys.readouterr().err


def test_a_measurement_of_before_is_shown_without_torch(record: Record, tmp_path: Path) -> None:
    path = tmp_path / "found.json"
    record.write(path)
    code = (
        "import sys; from rnnlab.cli import main; code = main(['bench', '--from', sys.argv[1]]);"
        "sys.exit(code or any(module in sys.modules for module in ('torch', 'jax', 'keras')))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], check=False, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert "Made Up 3000" in done.stdout.decode()
