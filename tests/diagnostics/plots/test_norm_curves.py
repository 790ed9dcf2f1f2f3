from __future__ import annotations

import math

import numpy as np
import pytest

from rnnlab.diagnostics.plots.norm_curves import (
    MOST_CURVES,
    NormCurve,
    NormPanel,
    draw_norm_curves,
)
from tests.diagnostics.plots.conftest import NASTY, Draw


def test_curve_fit_and_horizon(drawn: Draw) -> None:
    norms = [2 * math.exp(-0.5 * lag) for lag in range(20)]
    curve = NormCurve("layer h", norms, decay=-0.5, horizon=14)
    figure = drawn(draw_norm_curves, [NormPanel("epoch 3", [curve])])
    (axes,) = figure.axes
    line, fit, horizon = axes.get_lines()
    np.testing.assert_allclose(line.get_ydata(), norms)
    # An exact exponential is its own fit.
    np.testing.assert_allclose(fit.get_ydata(), [norms[0], norms[-1]])
    assert list(fit.get_xdata()) == [0, 19]
    assert [horizon.get_xdata()[0], horizon.get_ydata()[0]] == [14, norms[14]]
    assert axes.get_yscale() == "log"
    assert axes.get_ylabel() == "norm of the gradient\nby the state"
    assert axes.get_xlabel() == "lag: steps before the last one read"
    [text] = [text.get_text() for text in axes.get_legend().get_texts()]
    assert text == "layer h, ×0.607 a step, horizon 14"
    assert "fitted decay" in figure.get_supxlabel()


def test_tick_labels_are_numbers_and_no_formulas(drawn: Draw) -> None:
    figure = drawn(draw_norm_curves, [NormPanel("t", [NormCurve("h", [1.0, 1e-4, 1e-9])])])
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert {"1", "1e-6"} <= set(labels)
    assert not any("$" in label for label in labels)


def test_zero_is_marked_on_the_floor_and_what_is_not_finite_on_top(drawn: Draw) -> None:
    curve = NormCurve(NASTY, [0.0, 1.0, None, math.nan, 0.5, math.inf], decay=math.nan)
    figure = drawn(draw_norm_curves, [NormPanel(NASTY, [curve])])
    (axes,) = figure.axes
    line, zeros, wild = axes.get_lines()
    np.testing.assert_array_equal(
        line.get_ydata(), [math.nan, 1.0, math.nan, math.nan, 0.5, math.nan]
    )
    assert line.get_markevery() == [1, 4]  # neither has a neighbour to be joined to
    assert (list(zeros.get_xdata()), zeros.get_marker()) == ([0], "v")
    assert (list(wild.get_xdata()), wild.get_marker()) == ([2, 3, 5], "x")
    said = figure.get_supxlabel()
    assert "triangle on the floor: zero" in said
    assert "cross on top: not finite" in said
    assert len(axes.get_lines()) == 3  # and no fit


def test_a_wild_fit_does_not_move_the_axis(drawn: Draw) -> None:
    curve = NormCurve("h", [1.0, 0.1], decay=-500.0)
    (axes,) = drawn(draw_norm_curves, [NormPanel("t", [curve])]).axes
    low, high = axes.get_ylim()
    assert 0.05 < low < 0.1
    assert 1 < high < 2


def test_a_flat_curve_is_flat(drawn: Draw) -> None:
    (axes,) = drawn(draw_norm_curves, [NormPanel("t", [NormCurve("h", [1.0, 1.01])])]).axes
    low, high = axes.get_ylim()
    assert high / low == pytest.approx(10, rel=0.01)


def test_checkpoints_share_axes(drawn: Draw) -> None:
    def panel(name: str, scale: float) -> NormPanel:
        moments = ("untrained", "best", "last")
        return NormPanel(name, [NormCurve(at, [scale, scale / 2]) for at in moments])

    figure = drawn(draw_norm_curves, [panel("layer h", 1.0), panel("layer c", 1e-5)])
    first, second = figure.axes
    assert first.get_ylim() == second.get_ylim()
    assert len(first.get_lines()) == 3
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["layer h", "layer c"]


@pytest.mark.parametrize("norms", [[0.0, 0.0], [None], [1.0], [1e300, 1e-300], [5e-324, 1.7e308]])
def test_any_numbers_can_be_drawn(drawn: Draw, norms: list[float | None]) -> None:
    assert drawn(draw_norm_curves, [NormPanel("t", [NormCurve("h", norms, -1.0)])]) is not None


def test_of_many_curves_the_first_are_drawn(drawn: Draw) -> None:
    curves = [NormCurve(str(n), [1.0, 0.5]) for n in range(MOST_CURVES + 2)]
    figure = drawn(draw_norm_curves, [NormPanel("t", curves)])
    assert len(figure.axes[0].get_lines()) == MOST_CURVES
    assert f"the first {MOST_CURVES} of {MOST_CURVES + 2} curves" in figure.get_supxlabel()


def test_nothing_measured_has_no_picture(drawn: Draw) -> None:
    assert drawn(draw_norm_curves, [NormPanel("t", [NormCurve("h", [])])]) is None
