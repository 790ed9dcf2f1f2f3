from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from rnnlab.diagnostics.sections.dynamics import all_bands, dynamics_section
from rnnlab.probing.jacobian import StepJacobians
from rnnlab.probing.lyapunov import LyapunovExponents

LAYER = "backbone.recurrent.layers.0"


def exponents(values: list[float], error: float = math.nan, steps: int = 500) -> LyapunovExponents:
    found = torch.tensor(values, dtype=torch.float64)
    errors = torch.full_like(found, error)
    return LyapunovExponents(found, errors, found[None], torch.tensor([steps]), len(values))


def jacobians(formed: bool = True) -> StepJacobians:
    """Two sequences of three steps, of which the second has two."""
    values = torch.tensor(
        [[[2.0, 1.0], [2.0, 0.5], [4.0, 1.0]], [[1.0, 0.5], [3.0, 1.0], [math.nan, math.nan]]]
    ).double()
    radii = torch.tensor([[1.0, 2.0, 3.0], [0.5, 2.0, math.nan]]).double()
    return StepJacobians(values, radii, ("h",), 2, formed, 0)


@pytest.mark.parametrize(
    ("values", "error", "said"),
    [
        ([-0.25, -1.0], 0.01, "-0.25 ± 0.01 a step: differences shrink to 1/e in 4 steps"),
        ([0.5, math.nan], math.nan, "differences grow, which is chaos, to e times in 2 steps"),
        ([0.001], math.nan, "differences neither grow nor shrink, as far as can be told"),
        ([0.1], 0.06, "differences neither grow nor shrink, as far as can be told"),
        ([-math.inf], math.nan, "layer 1: a step forgets every difference at once"),
    ],
)
def test_the_largest_exponent_is_told(values: list[float], error: float, said: str) -> None:
    [line] = dynamics_section({}, {LAYER: exponents(values, error)}).findings
    assert line.startswith("layer 1: ")
    assert line.endswith(said)


def test_what_grows_over_few_steps_is_not_called_chaos() -> None:
    [line] = dynamics_section({}, {LAYER: exponents([0.5], 0.01, steps=8)}).findings
    assert line.endswith("differences grow to e times in 2 steps (over 8 steps at most)")


def test_bands_are_over_the_sequences_that_have_the_step() -> None:
    [bands] = all_bands({LAYER: jacobians()})
    assert bands.name == "layer 1"
    np.testing.assert_array_equal(
        bands.values, [[2, 1, 1, 0.5], [2, 0.5, 3, 1], [4, 1, math.nan, math.nan]]
    )
    assert bands.radius.tolist() == [0.5, 2, 3]  # of two the lower: that of one of them


def test_pictures_words_and_numbers_are_of_what_was_measured() -> None:
    only = dynamics_section({LAYER: jacobians()}, {})
    assert [each.name for each in only.pictures] == ["singular_values"]
    assert len(only.words) == 1
    assert only.tables[0].rows == (("layer 1", "h", "2", "4", "2"),)
    numbers = only.numbers["jacobians"][LAYER]
    assert numbers["singular_values"]["greatest"] == [2, 3, 4]
    assert numbers["spectral_radius"] == [0.5, 2, 3]
    both = dynamics_section({LAYER: jacobians()}, {LAYER: exponents([-1.0])})
    assert [each.name for each in both.pictures] == ["singular_values", "lyapunov"]
    assert both.numbers["lyapunov"][LAYER]["exponents"] == [-1.0]
    assert dynamics_section({}, {LAYER: exponents([math.nan])}).findings == ()


def test_a_jacobian_that_was_not_formed_is_told() -> None:
    words = dynamics_section({LAYER: jacobians(formed=False)}, {}).words
    assert any("only the greatest singular values" in each for each in words)
