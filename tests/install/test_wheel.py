"""The wheel in a fresh environment, and what an editable install leaves behind."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.install

ROOT = Path(__file__).parents[2]
Call = Callable[..., str]


@pytest.fixture
def run(installed: Path, tmp_path: Path, call: Call) -> Call:
    """Run a program of the fresh environment in a folder that has nothing to do with it."""
    return lambda program, *arguments: call(installed / program, *arguments, cwd=tmp_path)


def test_the_wheel_holds_every_config_and_no_tests(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    configs = {f"rnnlab/{path.relative_to(ROOT)}" for path in (ROOT / "conf").rglob("*.yaml")}
    assert configs
    assert configs <= names
    assert "rnnlab/py.typed" in names
    assert {name.split("/")[0].split("-")[0] for name in names} == {"rnnlab"}


def test_the_library_works_from_the_wheel(run: Call, installed: Path) -> None:
    code = (
        "import torch, rnnlab;"
        "from rnnlab.cells import LSTM;"
        "from rnnlab.recurrence import Recurrent;"
        "outputs, state = Recurrent(LSTM(3, 4))(torch.ones(2, 5, 3))[:2];"
        "print(rnnlab.__file__, *outputs.shape)"
    )
    place, *shape = run("python", "-c", code).split()
    assert Path(place).is_relative_to(installed.parent)
    assert shape == ["2", "5", "4"]


def test_list_names_the_built_in_components(run: Call) -> None:
    assert {"lstm", "gru", "digits_rows", "many_to_one"} <= set(run("rnnlab", "list").split())


def test_training_runs_from_an_unrelated_folder(run: Call, tmp_path: Path) -> None:
    run("rnnlab", "train", "trainer.max_epochs=1")
    (status,) = (tmp_path / "outputs").rglob("status.json")
    assert json.loads(status.read_text())["status"] == "FINISHED"
    assert "train/loss" in (status.parent / "metrics.jsonl").read_text()
    assert (tmp_path / "outputs" / "mlflow.db").exists()


def test_a_network_is_looked_into(run: Call, tmp_path: Path) -> None:
    run("rnnlab", "train", "trainer.max_epochs=1", "diagnostics=gradient_flow", "name=seen")
    said = run("rnnlab", "diagnose", "seen", "--report", "inside.html")
    assert "layer 1, h: the gradient" in said
    assert (tmp_path / "inside.html").stat().st_size > 100_000


def test_a_sweep_and_a_search_need_no_extra(run: Call, tmp_path: Path) -> None:
    small = ["trainer.max_epochs=1", "trainer.limit_train_batches=2", "cell.hidden_size=4"]
    grid = run("rnnlab", "train", "-m", *small, "cell=rnn,gru", "sweep.name=grid")
    assert grid.count("FINISHED") == 2
    search = ["sweep.search=random", "sweep.trials=2", "optimizer.lr=interval(1e-3,1e-1)"]
    found = run("rnnlab", "train", "-m", *small, *search, "sweep.name=search")
    assert found.count("FINISHED") == 2
    for name in ("grid", "search"):
        assert (tmp_path / "outputs" / "sweeps" / name / "report.html").exists()


@pytest.mark.parametrize(
    ("executor", "extra"), [("ray", "rnnlab[ray]"), ("slurm", "rnnlab[slurm]")]
)
def test_an_executor_without_its_package_says_which_extra(
    installed: Path, tmp_path: Path, executor: str, extra: str
) -> None:
    command = [installed / "rnnlab", "train", "-m", "cell=rnn,gru", f"executor={executor}"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert extra in done.stderr
    assert not (tmp_path / "outputs").exists()


def test_an_editable_install_copies_no_config(tmp_path: Path, call: Call) -> None:
    call(sys.executable, "-m", "venv", tmp_path / "venv", cwd=tmp_path)
    python = tmp_path / "venv/bin/python"
    call(python, "-m", "pip", "install", "-q", "--no-deps", "-e", ROOT, cwd=tmp_path)
    assert list((tmp_path / "venv").rglob("digits*.yaml")) == []
    found = call(python, "-c", "import rnnlab; print(rnnlab.__file__)", cwd=tmp_path)
    assert Path(found.strip()) == ROOT / "rnnlab" / "__init__.py"
