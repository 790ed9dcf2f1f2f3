from __future__ import annotations

import subprocess
import sys

import pytest

import rnnlab


@pytest.mark.parametrize("name", rnnlab.__all__)
def test_public_names_are_there(name: str) -> None:
    assert getattr(rnnlab, name).__name__ == name
    assert name in dir(rnnlab)


def test_other_names_are_not() -> None:
    with pytest.raises(AttributeError, match="module 'rnnlab' has no attribute 'Nope'"):
        rnnlab.Nope  # noqa: B018


def test_importing_imports_nothing_heavy() -> None:
    code = "import rnnlab, sys; sys.exit('torch' in sys.modules or 'hydra' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_core_needs_no_orchestration() -> None:
    code = (
        "import sys, rnnlab, rnnlab.models.recurrent_backbone, rnnlab.tasks.many_to_many;"
        "rnnlab.LSTM, rnnlab.Recurrent, rnnlab.Task, rnnlab.Dataset, rnnlab.Backbone;"
        "names = {'hydra', 'omegaconf', 'lightning', 'pytorch_lightning', 'mlflow', 'sklearn'};"
        "sys.exit(', '.join(names & sys.modules.keys()) or None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
