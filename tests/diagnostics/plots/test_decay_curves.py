from __future__ import annotations

import math

import numpy as np
import pytest

from rnnlab.compare.plots.style import drawing, png
from rnnlab.diagnostics.plots.decay_curves import LOWEST, Decay, band, draw_decay_curves


def exponential(rate: float, steps: int, scale: float = 1.0) -> list[float]:
    return [scale * math.exp(-rate * lag) for lag in range(steps)]


def test_a_band_is_the_geometric_mean_of_relative_curves() -> None:
    rates = (0.1, 0.2, 0.4)
    curves = [exponential(rate, 30, scale) for rate, scale in zip(rates, (5, 0.1, 3), strict=True)]

    found = band(curves)

    assert found is not None
    lags = np.arange(30)
    assert found.lags == tuple(range(30))
    mean, spread = np.mean(rates), np.std(rates, ddof=1)
    assert found.middle == pytest.approx(np.exp(-mean * lags), rel=1e-9)
    assert found.low == pytest.approx(np.exp(-(mean + spread) * lags), rel=1e-9)
    assert found.high == pytest.approx(np.exp(-(mean - spread) * lags), rel=1e-9)


def test_a_state_without_a_gradient_at_lag_0_begins_where_it_has_one() -> None:
    found = band([[0.0, 4.0, 2.0, 1.0]])

    assert found is not None
    assert found.lags == (1, 2, 3)
    assert found.middle == pytest.approx((1, 0.5, 0.25))
    assert found.low == found.middle == found.high


@pytest.mark.parametrize("end", [0.0, math.nan, math.inf])
def test_a_band_ends_where_one_curve_does(end: float) -> None:
    found = band([[1.0, 0.5, 0.25, 0.1], [1.0, 0.5, end, 0.1]])

    assert found is not None
    assert found.lags == (0, 1)


def test_no_gradient_is_no_band() -> None:
    assert band([]) is None
    assert band([[0.0, 0.0]]) is None
    assert band([[math.nan, 1.0]]) is None


def test_lines_are_the_bands_before_and_after_training() -> None:
    decays = [
        Decay("rnn", [exponential(0.5, 40)], [exponential(0.2, 40)], 0, 0),
        Decay("lstm", [exponential(0.3, 40)] * 2, [exponential(0.01, 40)] * 2, 1, 1),
    ]
    with drawing():
        figure = draw_decay_curves(decays)
        assert figure is not None
        left, right = figure.axes
        rates = {"rnn": (0.5, 0.2), "lstm": (0.3, 0.01)}
        for number, axes in enumerate((left, right)):
            assert axes.get_yscale() == "log"
            lines = {line.get_label(): line for line in axes.get_lines()}
            for name, both in rates.items():
                expected = np.exp(-both[number] * np.arange(40))
                assert lines[name].get_ydata() == pytest.approx(expected, rel=1e-9)
        low, high = left.get_ylim()
        assert LOWEST <= low < 1e-3 < 1 < high
        assert png(figure).startswith(b"\x89PNG")


def test_nothing_is_drawn_of_nothing() -> None:
    assert draw_decay_curves([]) is None
    assert draw_decay_curves([Decay("dead", [[0.0, 0.0]], [[0.0, 0.0]], 0, 0)]) is None


def test_one_that_has_no_gradient_any_more_still_has_its_beginning() -> None:
    with drawing():
        figure = draw_decay_curves([Decay("rnn", [exponential(0.1, 9)], [[0.0] * 9], 0, 0)])
        assert figure is not None
        left, right = figure.axes
        lengths = [
            next(len(line.get_xdata()) for line in axes.get_lines() if line.get_label() == "rnn")
            for axes in (left, right)
        ]
        assert lengths == [9, 0]
