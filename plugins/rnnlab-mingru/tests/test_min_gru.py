from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import expit

from rnnlab.recurrence import Recurrent
from rnnlab_mingru import MinGRU


@pytest.mark.parametrize("engine", ["scan", "loop"])
def test_it_computes_the_equations(engine: str) -> None:
    cell = MinGRU(3, hidden_size=4).double()
    x = torch.randn(2, 6, 3, dtype=torch.float64)
    output, _ = Recurrent(cell, engine)(x)
    weight, bias = cell.input.weight.detach().numpy(), cell.input.bias.detach().numpy()
    h = np.zeros((2, 4))
    for t in range(6):
        z, new = np.split(x[:, t].numpy() @ weight.T + bias, 2, axis=1)
        h = (1 - expit(z)) * h + expit(z) * new
        np.testing.assert_allclose(output[:, t].detach().numpy(), h, atol=1e-12)


def test_the_positive_candidate_is_the_paper_s_scan_of_logarithms() -> None:
    # Appendix B: with log a = -softplus(gate) and log b = -softplus(-gate) + log g(candidate),
    # h_t = exp(a* + logcumsumexp(log b - a*)) where a* is the cumulative sum of log a.
    cell = MinGRU(3, hidden_size=4, candidate="positive").double()
    x = torch.randn(2, 50, 3, dtype=torch.float64)
    gate, total = cell.project(x).chunk(2, -1)
    log_g = torch.where(
        total >= 0, (total.relu() + 0.5).log(), -torch.nn.functional.softplus(-total)
    )
    star = torch.cumsum(-torch.nn.functional.softplus(gate), 1)
    log_b = -torch.nn.functional.softplus(-gate) + log_g
    expected = (star + torch.logcumsumexp(log_b - star, 1)).exp()
    output, _ = Recurrent(cell)(x)
    torch.testing.assert_close(output, expected, atol=1e-10, rtol=1e-10)


def test_a_gate_that_is_shut_keeps_the_state() -> None:
    cell = MinGRU(1, hidden_size=1)
    with torch.no_grad():
        cell.input.weight.zero_()
        cell.input.bias[0] = -200.0
    state = torch.tensor([[0.7]])
    _, last = Recurrent(cell)(torch.randn(1, 100, 1), state)
    assert torch.equal(last, state)


def test_its_retention_is_what_multiplies_the_state() -> None:
    cell = MinGRU(3, hidden_size=4).double()
    z, state = cell.project(torch.randn(2, 3).double()), torch.randn(2, 4).double()
    kept = cell.retention.kept(cell.gates(z, state)[cell.retention.gate])
    torch.testing.assert_close(kept, cell.coefficients(z)[0])
