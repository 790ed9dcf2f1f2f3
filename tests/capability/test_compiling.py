"""Trials without a compilation, which takes long; tests/install has one with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from torch import Tensor

from rnnlab.capability.compiling import Compilation, refusal_of
from rnnlab.recurrence.engines.compiled.engine import Compiled


def test_time_is_limited(plugins: Path) -> None:
    trial = Compilation("unsound", {"hidden_size": 4}, limit=0.05)
    found = trial.result()
    assert found.able is None
    assert found.reason == "took longer than 0.05 s"
    assert trial._process.returncode is not None


def test_the_answer_comes_from_the_other_process(
    plugins: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "random.py").write_text("raise SystemExit(8)\n")  # a user's own, of torch's name
    monkeypatch.chdir(tmp_path)
    (plugins / "probe_cells.py").write_text("import os\nos._exit(7)\n")
    trials = [Compilation(name, {}, limit=200) for name in ("missing", "needy")]
    missing, dead = [trial.result() for trial in trials]
    assert missing.able is False
    assert "cell=missing: is not installed" in missing.reason
    assert dead.able is False
    assert "ended (7)" in dead.reason


def test_forward_and_backward_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal_of("gru", {"hidden_size": 4}) == ""
    run = Compiled.run

    def scaled(factor: float) -> None:
        monkeypatch.setattr(Compiled, "run", lambda *args: _times(run(*args), factor))

    scaled(1.01)
    assert "AssertionError" in refusal_of("gru", {"hidden_size": 4})
    monkeypatch.setattr(Compiled, "run", lambda *args: _anew(run(*args)))
    assert "AssertionError" in refusal_of("gru", {"hidden_size": 4})


def _times(result: tuple[Tensor, Tensor], factor: float) -> tuple[Tensor, Tensor]:
    return result[0] * factor, result[1]


def _anew(result: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    return result[0].detach().requires_grad_(), result[1]
