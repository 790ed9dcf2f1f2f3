from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.compare.comparison import compare_runs
from rnnlab.compare.plots.intervals import MOST, draw_intervals
from tests.compare.conftest import Make


def test_means_intervals_and_baselines_are_where_they_belong(run: Make, outputs: Path) -> None:
    for seed in (0, 1, 2):
        run(seed, 0.5 + seed / 10, cell="gru", baselines={"majority": 0.3})
        run(seed, 0.2 + seed / 10, cell="lstm", baselines={"majority": 0.3})
    comparison = compare_runs([outputs])
    (axes,) = draw_intervals(comparison).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["gru", "lstm"]
    lines = [line.get_xdata() for line in axes.get_lines()]
    for sample, (low, high) in zip(comparison.samples.all, lines[:2], strict=True):
        assert (low, high) == (sample.estimate.low, sample.estimate.high)
    assert list(lines[2]) == [0.3, 0.3]
    assert axes.get_lines()[2].get_label() == "majority (baseline)"
    assert axes.get_xlabel() == "test/accuracy (fraction, higher is better)"
    assert axes.get_ylabel() == "cell"


def test_wide_intervals_and_far_baselines_do_not_squeeze_the_rest(run: Make, outputs: Path) -> None:
    for seed in (0, 1):
        run(seed, 0.5 + seed / 100, cell="gru", baselines={"majority": -90.0})
        run(seed, 0.52 + seed / 1000, cell="lstm", baselines={"majority": -90.0})
    figure = draw_intervals(compare_runs([outputs]))
    low, high = figure.axes[0].get_xlim()
    assert 0.4 < low < 0.5 < 0.521 < high < 0.6
    assert figure.axes[0].get_lines()[2].get_label() == ("majority (baseline), out of sight at -90")
    assert "go on beyond it" in figure.get_supxlabel()


@pytest.mark.parametrize("value", [0.0, 0.5])
def test_a_single_run(run: Make, outputs: Path, value: float) -> None:
    run(0, value, baselines={})
    low, high = draw_intervals(compare_runs([outputs])).axes[0].get_xlim()
    assert low < value < high


def test_of_many_the_best_are_drawn(run: Make, outputs: Path) -> None:
    for size in range(MOST + 5):
        run(0, size / 100, cell__hidden_size=size)
    figure = draw_intervals(compare_runs([outputs]))
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == [str(size) for size in range(MOST + 4, 4, -1)]
    assert figure.get_supxlabel() == f"the first {MOST} of {MOST + 5}"
