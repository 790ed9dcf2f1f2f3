from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.errors import ConfigError
from rnnlab.probing.effective_context import effective_context
from rnnlab.probing.saliency import Saliency


def measured(norms: list[float]) -> Saliency:
    values = torch.tensor(norms, dtype=torch.float64)
    return Saliency(values, torch.ones(len(norms)).long(), values.unsqueeze(0), "output", True)


@given(w=st.floats(0.05, 0.99), steps=st.integers(1, 200), share=st.floats(0.05, 0.999))
def test_of_a_linear_recurrence_it_has_a_closed_form(w: float, steps: int, share: float) -> None:
    # The sum up to lag k is (1 - w^(k+1)) / (1 - w).
    exact = math.log1p(-share * (1 - w**steps)) / math.log(w) - 1
    found = effective_context(measured([w**k for k in range(steps)]), share)
    assert found.lag is not None
    if abs(exact - round(exact)) > 1e-6:
        assert found.lag == max(0, math.ceil(exact))
    assert found.longest == steps - 1
    assert found.share == share


def test_half_of_one_half_is_the_last_step() -> None:
    norms = [0.5**k for k in range(60)]
    assert effective_context(measured(norms), 0.5).lag == 0
    assert effective_context(measured(norms), 0.75).lag == 1
    assert effective_context(measured(norms)).lag == 3  # 1 - 0.5^4 = 0.9375


def test_all_of_it_ends_with_the_last_lag_that_matters() -> None:
    assert effective_context(measured([1, 2, 0.5, 0, 0]), 1).lag == 2


@pytest.mark.parametrize("norms", [[0, 0], [1, math.nan], [math.inf, 1]])
def test_without_a_finite_sum_there_is_none(norms: list[float]) -> None:
    found = effective_context(measured(norms))
    assert found.lag is None
    assert found.longest == 1


@pytest.mark.parametrize("share", [0, -0.1, 1.1, math.nan])
def test_a_share_out_of_range_is_refused(share: float) -> None:
    with pytest.raises(ConfigError, match=r"share=.*must be > 0 and <= 1"):
        effective_context(measured([1, 1]), share)
