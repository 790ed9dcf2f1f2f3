"""Of ``lax_scan.py``, ``keras_layers.py`` and ``jax_function.py``; see ``jax_results.py``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

PEERS = [name for name in ("jax", "keras") if find_spec("jax") and find_spec(name)]


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-P", str(Path(__file__).with_name("jax_results.py")), *PEERS],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


each_peer = pytest.mark.parametrize(
    "kind",
    [
        pytest.param(name, marks=pytest.mark.skipif(name not in PEERS, reason="not installed"))
        for name in ("jax", "keras")
    ],
)


@each_peer
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn", "irnn"])
def test_output_and_all_gradients_are_those_of_torch(
    cell: str, kind: str, answers: dict[str, Any]
) -> None:
    found = answers[kind][cell]
    assert len(found["far"]) == 6  # the output, and gradients by input and four weights
    assert max(found["far"]) < 1e-4


@each_peer
def test_the_forward_pass_alone_is_the_same(kind: str, answers: dict[str, Any]) -> None:
    assert answers[kind]["lstm"]["alone"] < 1e-5


@each_peer
def test_memory_is_that_of_results_and_what_is_kept(kind: str, answers: dict[str, Any]) -> None:
    B, T, H = 3, 7, 5
    results = 4 * (2 * B * T * H + 8 * H * H + 4 * H)  # output and gradients, but for biases
    assert results < answers[kind]["lstm"]["bytes"] < 20 * results


@pytest.mark.skipif(not PEERS, reason="not installed")
def test_xla_has_as_many_threads_as_torch(answers: dict[str, Any]) -> None:
    assert answers["threads"] == {"NPROC": "1"}
