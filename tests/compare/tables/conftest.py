from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.compare.comparison import Comparison, compare_runs
from rnnlab.runs.folder import Status
from tests.compare.conftest import Make

NASTY = r"""$\frac{a}$ & <b>_x_</b> | [red]#1%^~`'" *y* {z} \input{/etc/passwd}"""
LINES = "first\nsecond\r\x1b[31mthird"


@pytest.fixture
def nasty(run: Make, outputs: Path) -> Comparison:
    """Return settings whose names mean something in every format."""
    for seed in (0, 1, 2):
        run(seed, 0.5 + seed / 7, cell__name=NASTY, baselines={"<i>&|_": 0.25})
        run(seed, -0.3 - seed / 9, cell__name=LINES, baselines={"<i>&|_": 0.25})
    run(3, cell__name=LINES, status=Status.FAILED)
    run(0, cell__name='=cmd, "x"', baselines={"<i>&|_": 0.25})
    return compare_runs([outputs])
