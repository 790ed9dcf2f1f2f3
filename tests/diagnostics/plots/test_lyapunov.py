from __future__ import annotations

import math

import pytest

from rnnlab.diagnostics.plots.lyapunov import MOST, Spectrum, draw_lyapunov
from tests.diagnostics.plots.conftest import NASTY, Draw


def test_exponents_descend_and_those_without_end_are_on_the_floor(drawn: Draw) -> None:
    figure = drawn(draw_lyapunov, [Spectrum("l", [-2.0, 0.25, -math.inf, math.nan, -1.0])])
    (axes,) = figure.axes
    line, gone, zero = axes.get_lines()
    assert [list(line.get_xdata()), list(line.get_ydata())] == [[1, 2, 3], [0.25, -1, -2]]
    assert list(gone.get_xdata()) == [4]
    assert list(zero.get_ydata()) == [0, 0]
    assert axes.get_legend().get_texts()[0].get_text() == "l, largest 0.25"
    assert axes.get_ylabel() == "Lyapunov exponent\n(1 / step)"


@pytest.mark.parametrize("exponents", [[-0.1], [math.nan], [-math.inf], [math.inf, 1.0], [0.0]])
def test_any_numbers_can_be_drawn(drawn: Draw, exponents: list[float]) -> None:
    assert drawn(draw_lyapunov, [Spectrum(NASTY, exponents)]) is not None


def test_of_many_the_first_are_drawn_and_of_none_nothing(drawn: Draw) -> None:
    figure = drawn(draw_lyapunov, [Spectrum(str(n), [-1.0]) for n in range(MOST + 1)])
    assert f"the first {MOST} of {MOST + 1} layers" in figure.get_supxlabel()
    assert drawn(draw_lyapunov, [Spectrum("l", [])]) is None
