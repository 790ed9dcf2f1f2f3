from __future__ import annotations

from pathlib import Path

from rnnlab.compare.comparison import compare_runs
from rnnlab.compare.plots.curves import MOST, draw_curves
from tests.compare.conftest import Make


def test_a_line_and_a_band_for_each(run: Make, outputs: Path) -> None:
    for seed in (0, 1):
        run(seed, 0.5 + seed, cell="gru", curve={10: 1.0 + seed, 20: 2.0})
        run(seed, 0.4 + seed, cell="lstm", curve={10: 2.0, 20: 3.0, 30: 4.0})
    figure = draw_curves(compare_runs([outputs]))
    assert figure is not None
    (axes,) = figure.axes
    first, second = axes.get_lines()
    assert [list(first.get_xdata()), list(first.get_ydata())] == [[10, 20], [1.5, 2.0]]
    assert list(second.get_xdata()) == [10, 20, 30]
    assert len(axes.collections) == 2
    assert axes.get_ylabel() == "val/accuracy (fraction, higher is better)"
    assert axes.get_xlabel() == "training (optimizer steps)"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["gru", "lstm"]
    assert axes.get_yscale() == "linear"


def test_what_spans_orders_of_magnitude_is_logarithmic(run: Make, outputs: Path) -> None:
    run(0, curve={1: 1000.0, 2: 1.0})
    figure = draw_curves(compare_runs([outputs]))
    assert figure is not None
    assert figure.axes[0].get_yscale() == "log"


def test_of_many_the_best_are_drawn(run: Make, outputs: Path) -> None:
    for size in range(MOST + 2):
        run(0, size, cell__hidden_size=size)
    figure = draw_curves(compare_runs([outputs]))
    assert figure is not None
    assert len(figure.axes[0].get_lines()) == MOST
    assert figure.get_supxlabel() == f"mean over seeds; the first {MOST} of {MOST + 2}"
