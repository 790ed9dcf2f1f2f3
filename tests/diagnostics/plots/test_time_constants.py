from __future__ import annotations

import math

import numpy as np
import pytest

from rnnlab.diagnostics.plots.time_constants import MOST, UnitTimes, draw_time_constants
from tests.diagnostics.plots.conftest import NASTY, Draw


def test_units_in_order_with_those_that_never_forget_on_top(drawn: Draw) -> None:
    figure = drawn(draw_time_constants, [UnitTimes("l", [9.0, math.inf, 1.0, 3.0])], 28)
    (axes,) = figure.axes
    line, never, _ = axes.get_lines()
    assert list(line.get_ydata()) == [1, 3, 9]
    np.testing.assert_allclose(line.get_xdata(), [12.5, 37.5, 62.5])
    assert list(never.get_xdata()) == [87.5]
    [text] = [text.get_text() for text in axes.get_legend().get_texts()]
    assert text == "l, median 9, 1 of 4 never forget"
    assert "length of the sequences: 28" in axes.texts[0].get_text()
    assert axes.get_ylabel() == "time constant (steps)"


@pytest.mark.parametrize(
    "steps", [[5.0], [0.0, math.nan, math.inf], [math.nan], [1e-300, 1e300], [0.0]]
)
def test_any_numbers_can_be_drawn(drawn: Draw, steps: list[float]) -> None:
    assert drawn(draw_time_constants, [UnitTimes(NASTY, steps)]) is not None


def test_of_many_the_first_are_drawn_and_of_none_nothing(drawn: Draw) -> None:
    figure = drawn(draw_time_constants, [UnitTimes(str(n), [1.0]) for n in range(MOST + 1)])
    assert len(figure.axes[0].get_lines()) == MOST
    assert f"the first {MOST} of {MOST + 1} layers" in figure.get_supxlabel()
    assert drawn(draw_time_constants, [UnitTimes("l", [])]) is None
