from __future__ import annotations

import numpy as np
import pytest

from rnnlab.diagnostics.plots.singular_values import StepBands, draw_singular_values
from tests.diagnostics.plots.conftest import NASTY, Draw


def test_bands_are_quantiles_of_each_step(drawn: Draw) -> None:
    values = np.random.default_rng(0).uniform(0.1, 3.0, (6, 9))
    figure = drawn(draw_singular_values, [StepBands("l", values, values.mean(1))])
    (axes,) = figure.axes
    median, radius, one = axes.get_lines()
    np.testing.assert_allclose(median.get_ydata(), np.median(values, 1))
    np.testing.assert_allclose(radius.get_ydata(), values.mean(1))
    assert list(one.get_ydata()) == [1, 1]
    outer, inner = (band.get_paths()[0].get_extents() for band in axes.collections)
    np.testing.assert_allclose([outer.y0, outer.y1], [values.min(), values.max()])
    quarters = np.percentile(values, (25, 75), axis=1)
    np.testing.assert_allclose([inner.y0, inner.y1], [quarters[0].min(), quarters[1].max()])
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["least to greatest", "quarter to quarter", "median", "spectral radius"]


def test_a_singular_jacobian_does_not_take_all_the_room(drawn: Draw) -> None:
    values = np.tile([0.0, 0.5, 0.6, 0.7, 1.2], (4, 1))
    figure = drawn(draw_singular_values, [StepBands("l", values)])
    assert figure.axes[0].get_ylim()[0] > 1e-3
    assert "far below" in figure.get_supxlabel()


@pytest.mark.parametrize(
    "values",
    [[[1.0]], [[np.nan], [1.0]], [[np.nan, np.inf]], [[0.0, 0.0]], [[1e300, 1e-300]]],
)
def test_any_numbers_can_be_drawn(drawn: Draw, values: list[list[float]]) -> None:
    radius = [row[0] for row in values]
    assert drawn(draw_singular_values, [StepBands(NASTY, values, radius)]) is not None


def test_nothing_measured_has_no_picture(drawn: Draw) -> None:
    assert drawn(draw_singular_values, [StepBands("l", np.zeros((0, 3)))]) is None
