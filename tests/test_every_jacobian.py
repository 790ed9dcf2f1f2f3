"""Jacobians of single steps are those of torch.autograd.functional, for every installed cell."""

from __future__ import annotations

import pytest
import torch

from rnnlab.plugins.discovery import Component
from rnnlab.probing import jacobian
from rnnlab.probing.jacobian import jacobian_matrices, step_jacobians
from tests.probing.running import drawn, jacobian_of, trace_of
from tests.test_every_cell import CELLS, make, name


@pytest.mark.parametrize("component", CELLS, ids=name)
def test_jacobians_of_every_cell(component: Component, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    cell = make(component, 3).double().eval()
    trace = trace_of(cell, drawn(cell, 2, 3), [3, 2])
    found = jacobian_matrices(trace)
    for b, length in enumerate([3, 2]):
        for t in range(length):
            torch.testing.assert_close(found[b, t], jacobian_of(trace, b, t), rtol=0, atol=1e-10)
    formed = step_jacobians(trace, radius=False)
    monkeypatch.setattr(jacobian, "FORMED", 0)
    by_products = step_jacobians(trace, values=formed.size, radius=False)
    torch.testing.assert_close(by_products.values, formed.values, atol=1e-7, rtol=0, equal_nan=True)
