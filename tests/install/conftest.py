"""Fresh environments that hold the wheel."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
Call = Callable[..., str]


@pytest.fixture(scope="session")
def call() -> Call:
    """Run a command to its end, see :func:`_call`."""
    return _call


def _call(*command: object, cwd: Path) -> str:
    """Run a command to its end without traces of this environment and return what it printed."""
    hidden = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "MLFLOW_TRACKING_URI"}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={name: value for name, value in os.environ.items() if name not in hidden},
        capture_output=True,
        text=True,
        timeout=1200,
    )
    assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    _call(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, ROOT, cwd=folder)
    (built,) = folder.glob("rnnlab-*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a fresh environment that holds the wheel and what it depends on."""
    venv = tmp_path_factory.mktemp("fresh") / "venv"
    _call(sys.executable, "-m", "venv", venv, cwd=venv.parent)
    pins = ROOT / "constraints.txt"
    _call(venv / "bin/python", "-m", "pip", "install", "-q", "-c", pins, wheel, cwd=venv.parent)
    return venv / "bin"
