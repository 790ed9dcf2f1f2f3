from __future__ import annotations

import math

import numpy as np

from rnnlab.diagnostics.plots.gate_histograms import GateHistory, draw_gate_histograms
from rnnlab.diagnostics.plots.panels import MOST
from tests.diagnostics.plots.conftest import NASTY, Draw


def history(name: str = "forget", epochs: int = 2) -> GateHistory:
    counts = [[1.0, 0.0, 1.0, 2.0], [0.0, 0.0, 0.0, 4.0]][:epochs]
    return GateHistory(
        name, 0.0, 1.0, [0, 5][:epochs], counts, [0.6, 0.9][:epochs], [0.25, 0.0][:epochs],
        [0.4, 1.0][:epochs],
    )  # fmt: skip


def test_distribution_mean_and_saturation_over_training(drawn: Draw) -> None:
    figure = drawn(draw_gate_histograms, [history()])
    heat, lines, bar = figure.axes
    np.testing.assert_allclose(
        np.asarray(heat.images[0].get_array()), [[0.25, 0], [0, 0], [0.25, 0], [0.5, 1]]
    )
    np.testing.assert_allclose(heat.get_lines()[0].get_ydata(), [0.6, 0.9])
    above, below = lines.get_lines()
    np.testing.assert_allclose(above.get_ydata(), [40, 100])
    np.testing.assert_allclose(below.get_ydata(), [25, 0])
    assert heat.get_ylim() == (0.0, 1.0)
    assert heat.get_xlim() == lines.get_xlim() == (-2.5, 7.5)
    assert lines.get_xlabel() == "training (epoch)"
    assert bar.get_ylabel() == "share of all values in a field"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "share of values in the highest tenth",
        "share of values in the lowest tenth",
    ]


def test_one_epoch_is_a_histogram(drawn: Draw) -> None:
    figure = drawn(draw_gate_histograms, [history(epochs=1)])
    (axes,) = figure.axes
    bars = [patch for patch in axes.patches if patch.get_width() > 0.2]
    np.testing.assert_allclose([bar.get_height() for bar in bars], [25, 0, 25, 50])
    assert axes.get_title(loc="left") == "forget\n25% low, 40% high"


def test_no_values_and_numbers_that_are_none(drawn: Draw) -> None:
    empty = GateHistory(
        NASTY, -1.0, 1.0, [0, 1], [[0, 0], [0, 0]], [None, math.nan], [None, None], [None, 0.0]
    )
    figure = drawn(draw_gate_histograms, [empty, history(epochs=1)])
    assert np.ma.masked_invalid(figure.axes[0].images[0].get_array()).mask.all()


def test_of_many_the_first_are_drawn_and_of_none_nothing(drawn: Draw) -> None:
    figure = drawn(draw_gate_histograms, [history(str(n), 1) for n in range(MOST + 3)])
    assert len(figure.axes) == MOST
    assert f"the first {MOST} of {MOST + 3} gates" in figure.get_supxlabel()
    assert drawn(draw_gate_histograms, []) is None
