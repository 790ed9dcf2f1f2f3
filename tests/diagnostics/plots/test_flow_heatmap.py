from __future__ import annotations

import math

import numpy as np

from rnnlab.diagnostics.plots.flow_heatmap import BY_STEP, FlowHistory, draw_flow_heatmap
from rnnlab.diagnostics.plots.panels import MOST
from tests.diagnostics.plots.conftest import NASTY, Draw


def test_fields_have_the_colour_of_their_logarithm(drawn: Draw) -> None:
    history = FlowHistory("h", [0, 1, 2], [[1.0, 0.1], [1.0, 0.01], [10.0, 1e-3]], [None, None, 1])
    figure = drawn(draw_flow_heatmap, [history])
    axes, bar = figure.axes
    np.testing.assert_allclose(
        np.asarray(axes.images[0].get_array()), [[0, -1], [0, -2], [1, -3]], atol=1e-12
    )
    assert axes.images[0].get_clim() == (-3.0, 1.0)
    assert axes.get_xlabel() == "time: steps before the last one read"
    assert axes.get_ylabel() == "training (epoch)"
    assert bar.get_ylabel() == "norm of the gradient by the state"
    labels = [label.get_text() for label in bar.get_yticklabels()]
    assert {"0.001", "0.1", "10"} <= set(labels)


def test_the_horizon_is_a_line_before_the_first_field_below_it(drawn: Draw) -> None:
    history = FlowHistory("h", [0, 2], [[1.0, 0.1, 1e-4], [1.0, 0.1, 0.1]], [2, None])
    figure = drawn(draw_flow_heatmap, [history])
    (line,) = figure.axes[0].get_lines()
    np.testing.assert_array_equal(line.get_xdata(), [1.5, 1.5, math.nan, math.nan])
    np.testing.assert_array_equal(line.get_ydata(), [-1, 1, 1, 3])
    assert "white line: the norm has fallen by 1e-3" in figure.get_supxlabel()


def test_zero_not_finite_and_absent_are_told_apart(drawn: Draw) -> None:
    curves = [[1.0, 0.0, None, math.nan], [1.0, math.inf], [1.0, 1e-40]]
    figure = drawn(draw_flow_heatmap, [FlowHistory(NASTY, [0, 1, 2], curves)], BY_STEP)
    axes = figure.axes[0]
    image = axes.images[0]
    low, high = image.get_clim()
    assert (low, high) == (-14, 0)
    field = np.ma.filled(np.ma.masked_invalid(image.get_array()), 999)
    under, over, none = low - 1, high + 1, 999
    np.testing.assert_array_equal(
        field, [[0, under, over, over], [0, over, none, none], [0, under, none, none]]
    )
    said = figure.get_supxlabel().replace("\n", " ")
    assert "black: zero or below 1e-14" in said
    assert "orange: not finite" in said
    assert "white: no such step" in said
    assert axes.get_xlabel() == "time: input step"
    assert axes.get_title(loc="left").startswith(r"$\frac{a}")
    assert len(axes.get_title(loc="left")) <= 38


def test_one_epoch_of_one_step(drawn: Draw) -> None:
    figure = drawn(draw_flow_heatmap, [FlowHistory("h", [7], [[0.5]], [None])])
    assert figure.axes[0].get_xlim() == (-0.5, 0.5)
    assert figure.axes[0].get_ylim() == (6.5, 7.5)


def test_only_zeros(drawn: Draw) -> None:
    assert drawn(draw_flow_heatmap, [FlowHistory("h", [0], [[0.0, 0.0]])]) is not None


def test_states_share_a_scale_and_of_many_the_first_are_drawn(drawn: Draw) -> None:
    histories = [FlowHistory(str(n), [0], [[10.0**-n, 1.0]]) for n in range(MOST + 1)]
    figure = drawn(draw_flow_heatmap, histories)
    assert len(figure.axes) == MOST + 1  # and the bar
    limits = {axes.images[0].get_clim() for axes in figure.axes[:MOST]}
    assert limits == {(-11.0, 0.0)}
    assert f"the first {MOST} of {MOST + 1} states" in figure.get_supxlabel()


def test_nothing_measured_has_no_picture(drawn: Draw) -> None:
    assert drawn(draw_flow_heatmap, []) is None
    assert drawn(draw_flow_heatmap, [FlowHistory("h", [], [])]) is None
    assert drawn(draw_flow_heatmap, [FlowHistory("h", [0], [[]])]) is None


def test_what_is_black_is_told_as_it_is(drawn: Draw) -> None:
    zero = drawn(draw_flow_heatmap, [FlowHistory("h", [0], [[1.0, 0.0]])])
    assert zero.get_supxlabel() == "black: zero"
    less = drawn(draw_flow_heatmap, [FlowHistory("h", [0], [[1.0, 1e-20]])])
    assert less.get_supxlabel() == "black: below 1e-14"


def test_a_narrow_range_has_round_labels(drawn: Draw) -> None:
    figure = drawn(draw_flow_heatmap, [FlowHistory("h", [0], [[0.025, 0.068]])])
    labels = [label.get_text() for label in figure.axes[1].get_yticklabels()]
    assert labels == ["0.03", "0.04", "0.05", "0.06"]
