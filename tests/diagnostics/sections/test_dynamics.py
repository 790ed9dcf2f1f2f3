from __future__ import annotations

import math

import numpy as np
import pytest

from rnnlab.diagnostics.plots.lyapunov import Spectrum
from rnnlab.diagnostics.plots.singular_values import StepBands
from rnnlab.diagnostics.sections.dynamics import dynamics_section


@pytest.mark.parametrize(
    ("exponents", "said"),
    [
        ([-1.0, -0.25], "is -0.25 a step: differences shrink to 1/e in 4 steps"),
        ([0.5, math.nan], "is 0.5 a step: differences grow to e times in 2 steps (chaos)"),
        ([0.001], "is 0.001 a step: differences neither grow nor shrink"),
        ([-math.inf], "a step forgets every difference at once"),
    ],
)
def test_the_largest_exponent_is_told(exponents: list[float], said: str) -> None:
    [line] = dynamics_section([], [Spectrum("layer 1", exponents)]).findings
    assert line.startswith("layer 1: ")
    assert line.endswith(said)


def test_pictures_and_words_are_of_what_was_measured() -> None:
    bands = [StepBands("layer 1", np.ones((3, 2)))]
    only = dynamics_section(bands, [])
    assert [each.name for each in only.pictures] == ["singular_values"]
    assert len(only.words) == 1
    both = dynamics_section(bands, [Spectrum("layer 1", [-1.0])])
    assert [each.name for each in both.pictures] == ["singular_values", "lyapunov"]
    assert both.numbers["lyapunov"] == [{"name": "layer 1", "exponents": [-1.0]}]
    assert dynamics_section([], [Spectrum("layer 1", [math.nan])]).findings == ()
