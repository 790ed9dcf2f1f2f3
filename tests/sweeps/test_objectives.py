from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from rnnlab.errors import RunFailed
from rnnlab.runs.folder import RunFolder
from rnnlab.sweeps.objectives import Objective

RESULT: dict[str, Any] = {
    "scores": {"train": {"loss": 0.1}, "val": {"loss": 0.5, "f1": math.nan}, "test": {}},
    "baselines": {},
    "monitor": "val/loss",
    "parameters": 12,
    "train_seconds": 2.5,
}


def finished(path: Path, **scores: float) -> RunFolder:
    path.mkdir(exist_ok=True)
    val = {**RESULT["scores"]["val"], **scores}
    content = {**RESULT, "scores": {**RESULT["scores"], "val": val}}
    (path / "result.json").write_text(json.dumps(content))
    return RunFolder(path)


@pytest.mark.parametrize(
    ("name", "value"),
    [("val/loss", 0.5), ("train/loss", 0.1), ("parameters", 12.0), ("train_seconds", 2.5)],
)
def test_a_value_is_that_of_the_result(tmp_path: Path, name: str, value: float) -> None:
    assert Objective(name, "minimize").value(finished(tmp_path)) == value


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("val/f1", "val/f1 is nan"),
        ("val/nope", "the run has no val/nope"),
        ("nope/loss", "the run has no nope/loss"),
        ("nope", "the run has no nope"),
    ],
)
def test_what_is_no_value_is_said(tmp_path: Path, name: str, why: str) -> None:
    with pytest.raises(RunFailed, match=why):
        Objective(name, "minimize").value(finished(tmp_path))


def test_of_several_runs_it_is_the_mean(tmp_path: Path) -> None:
    runs = [finished(tmp_path / f"{loss}", loss=loss) for loss in (1.0, 2.0, 6.0)]
    assert Objective("val/loss", "minimize").mean(runs) == 3.0


def test_less_cost_is_better() -> None:
    assert Objective("val/loss", "minimize").cost(2.0) == 2.0
    assert Objective("val/accuracy", "maximize").cost(2.0) == -2.0
