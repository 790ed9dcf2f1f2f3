from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from rnnlab.compare.comparison import compare_runs
from rnnlab.compare.plots.parallel import draw_parallel
from tests.compare.conftest import Make


def grid(run: Make, **more: Any) -> None:
    for place, (cell, rate, size) in enumerate(product(("gru", "rnn"), (0.1, 0.2), (8, 16, 32))):
        run(0, place / 10, cell=cell, optimizer__lr=rate, cell__hidden_size=size, **more)


@pytest.mark.parametrize("mode", ["max", "min"])
def test_each_setting_is_a_line_through_its_values(run: Make, outputs: Path, mode: str) -> None:
    grid(run, mode=mode)
    figure = draw_parallel(compare_runs([outputs]))
    assert figure is not None
    (axes,) = figure.axes
    lines = [line for line in axes.get_lines() if len(line.get_xdata()) > 2]
    assert len(lines) == 12
    best = lines[-1].get_ydata()
    at_best = [1.0, 1.0, 1.0, 1.0] if mode == "max" else [0.0, 0.0, 0.0, 1.0]
    assert [best[0], best[25], best[50], best[-1]] == at_best
    assert axes.get_xticklabels()[-1].get_text() == "mean of\ntest/accuracy"


def test_two_keys_have_none(run: Make, outputs: Path) -> None:
    run(0)
    run(0, cell="rnn", cell__size=3)
    assert draw_parallel(compare_runs([outputs])) is None


def test_of_many_values_the_first_and_the_last_are_named(run: Make, outputs: Path) -> None:
    for size in range(40):
        run(0, size, cell=("gru", "rnn")[size % 2], cell__hidden_size=size,
            optimizer__lr=(0.1, 0.2)[size % 3 == 0])  # fmt: skip
    figure = draw_parallel(compare_runs([outputs]))
    assert figure is not None
    texts = [text.get_text() for text in figure.axes[0].texts if text.get_position()[0] == 1.05]
    assert [texts[0], texts[-1], len(texts)] == ["0", "39", 12]
