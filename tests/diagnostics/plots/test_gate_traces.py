from __future__ import annotations

import numpy as np

from rnnlab.diagnostics.plots.gate_traces import (
    MOST,
    UnitTrace,
    draw_gate_traces,
    mean_of_units,
)
from tests.diagnostics.plots.conftest import NASTY, Draw

VALUES = np.array([[0.1, 0.3], [0.5, 0.7], [1.0, 0.0]])


def test_units_by_steps_their_mean_and_the_tokens(drawn: Draw) -> None:
    figure = drawn(draw_gate_traces, [UnitTrace("forget", VALUES, 0, 1)], ["a", " ", "\n"])
    heat = figure.axes[0]
    np.testing.assert_allclose(np.asarray(heat.images[0].get_array()), VALUES.T)
    # The two units reach from -0.5 to 1.5, which is 0 to 1 on the bar.
    np.testing.assert_allclose(heat.get_lines()[0].get_ydata() / 2 + 0.25, [0.2, 0.6, 0.5])
    assert heat.get_ylim() == (-0.5, 1.5)
    assert heat.images[0].get_clim() == (0, 1)
    assert [label.get_text() for label in heat.get_xticklabels()] == ["a", "␣", "↵"]
    assert heat.get_xlabel() == "time (token read)"
    assert heat.get_ylabel() == "unit"


def test_a_state_of_both_signs_is_white_at_zero(drawn: Draw) -> None:
    figure = drawn(draw_gate_traces, [UnitTrace("c", VALUES - 0.8)])
    image = figure.axes[0].images[0]
    np.testing.assert_allclose(image.get_clim(), (-0.8, 0.8))
    red, green, blue, _ = image.to_rgba(0.0)
    assert min(red, green, blue) > 0.94


def test_inputs_are_lines_if_few_and_fields_if_many(drawn: Draw) -> None:
    trace = [UnitTrace("h", VALUES, 0, 1)]
    few = drawn(draw_gate_traces, trace, None, [1.0, 2.0, np.nan])
    np.testing.assert_array_equal(few.axes[0].get_lines()[0].get_ydata(), [1, 2, np.nan])
    assert few.axes[1].get_xlabel() == "time (input step)"
    many = drawn(draw_gate_traces, trace, None, np.ones((3, 9)))
    assert many.axes[0].images[0].get_array().shape == (9, 3)
    assert many.axes[0].get_ylabel() == "feature"


def test_not_finite_values_are_left_out_of_the_mean(drawn: Draw) -> None:
    values = np.array([[np.nan, 1.0], [np.inf, np.nan]])
    figure = drawn(draw_gate_traces, [UnitTrace(NASTY, values)], [NASTY, ""])
    np.testing.assert_array_equal(mean_of_units(np.where(np.isinf(values), np.nan, values)),
                                  [1.0, np.nan])  # fmt: skip
    assert figure.axes[0].images[0].get_array().mask.tolist() == [[True, True], [False, True]]
    texts = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert len(texts[0]) == 14
    assert texts[1] == "∅"


def test_of_long_sequences_some_tokens_are_named(drawn: Draw) -> None:
    trace = UnitTrace("h", np.zeros((150, 2)))
    figure = drawn(draw_gate_traces, [trace], [str(step) for step in range(150)])
    texts = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert texts[:3] == ["0", "3", "6"]
    assert figure.axes[0].get_xlabel() == "time (token read); one in 3 is named"


def test_of_many_the_first_are_drawn_and_of_none_nothing(drawn: Draw) -> None:
    figure = drawn(draw_gate_traces, [UnitTrace(str(n), VALUES) for n in range(MOST + 1)])
    assert f"the first {MOST} of {MOST + 1} gates and states" in figure.get_supxlabel()
    assert drawn(draw_gate_traces, [UnitTrace("h", np.zeros((0, 4)))]) is None
