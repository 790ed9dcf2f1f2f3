from __future__ import annotations

import math

import numpy as np

from rnnlab.diagnostics.plots.memory_curves import Saliency, Swaps, draw_memory
from tests.diagnostics.plots.conftest import NASTY, Draw


def test_saliency_context_and_swaps_with_their_errors(drawn: Draw) -> None:
    swaps = Swaps("best", [0, 4], [1.0, 0.5], [0.1, 0.2], "change of the output (nats)")
    figure = drawn(draw_memory, [Saliency("best", [1.0, 0.1, 0.01], 1.5)], [swaps])
    by_gradient, by_swap = figure.axes
    context, _, line = by_gradient.get_lines()
    assert list(context.get_xdata()) == [1.5]
    assert list(line.get_ydata()) == [1.0, 0.1, 0.01]
    assert by_gradient.get_legend().get_texts()[0].get_text() == "best, context 1.5 steps"
    (bars,) = by_swap.collections
    np.testing.assert_allclose(bars.get_segments(), [[[0, 0.9], [0, 1.1]], [[4, 0.3], [4, 0.7]]])
    assert by_swap.get_ylabel() == "change of the output (nats)"
    assert [axes.get_xlabel() for axes in figure.axes] == [
        "lag: steps before the last one read"
    ] * 2
    assert figure.get_supxlabel() == "triangle: effective context; bars: 95% interval"


def test_either_may_be_missing(drawn: Draw) -> None:
    assert len(drawn(draw_memory, [Saliency("s", [1.0])]).axes) == 1
    assert len(drawn(draw_memory, [], [Swaps("s", [0], [1.0])]).axes) == 1
    assert drawn(draw_memory, [Saliency("s", [])], [Swaps("s", [], [])]) is None


def test_any_numbers_can_be_drawn(drawn: Draw) -> None:
    saliency = Saliency(NASTY, [0.0, None, math.nan, math.inf, 5e-324, 1e308], math.inf)
    swaps = Swaps(NASTY, [0, 5], [math.nan, math.inf], [math.nan, 1.0])
    figure = drawn(draw_memory, [saliency], [swaps])
    assert "zero or not finite" in figure.get_supxlabel()
