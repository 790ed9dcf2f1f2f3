from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np

from rnnlab.compare.comparison import compare_runs
from rnnlab.compare.plots.heatmap import MOST, draw_heatmap
from rnnlab.runs.folder import Status
from tests.compare.conftest import Make


def test_means_are_where_they_belong(run: Make, outputs: Path) -> None:
    rates = (0.001, 0.01, 0.1)
    for (cell, rate), seed in product(product(("lstm", "gru"), rates), (0, 1)):
        if (cell, rate) != ("gru", 0.1):
            run(seed, rate * 5 + seed + (cell == "gru"), cell=cell, optimizer__lr=rate)
    run(0, cell="gru", optimizer__lr=0.1, status=Status.FAILED)
    figure = draw_heatmap(compare_runs([outputs]))
    assert figure is not None
    axes, bar = figure.axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0.001", "0.01", "0.1"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["gru", "lstm"]
    assert [axes.get_xlabel(), axes.get_ylabel()] == ["optimizer.lr", "cell"]
    found = np.ma.filled(axes.get_images()[0].get_array(), np.nan)
    expected = [[1.505, 1.55, np.nan], [0.505, 0.55, 1.0]]
    np.testing.assert_allclose(found, expected)
    assert [text.get_text() for text in axes.texts] == [
        "1.5\nn=2", "1.55\nn=2", "–", "0.505\nn=2", "0.55\nn=2", "1\nn=2",
    ]  # fmt: skip
    assert bar.get_ylabel() == "mean of test/accuracy\n(fraction, higher is better)"


def test_the_longer_key_lies_across(run: Make, outputs: Path) -> None:
    for size, cell in product((8, 16, 32), ("gru", "lstm")):
        run(0, cell__hidden_size=size, cell=cell)
    figure = draw_heatmap(compare_runs([outputs]))
    assert figure is not None
    assert figure.axes[0].get_xlabel() == "cell.hidden_size"


def test_one_key_or_too_many_values_have_none(run: Make, outputs: Path, tmp_path: Path) -> None:
    run(0)
    run(0, cell="lstm")
    assert draw_heatmap(compare_runs([outputs])) is None
    for size in range(MOST + 1):
        run(0, cell__hidden_size=size)
    assert draw_heatmap(compare_runs([outputs])) is None
