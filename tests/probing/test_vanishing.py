"""Gradients vanish where Pascanu, Mikolov & Bengio 2013 (arXiv:1211.5063) prove that they do."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from rnnlab.probing.jacobian import jacobian_matrices
from tests.probing.running import drawn, trace_of
from tests.probing.toy_cells import Elementwise

T, N = 60, 20


def scaled(greatest: float, seed: int) -> Tensor:
    """Return random weights with a greatest singular value."""
    generator = torch.Generator().manual_seed(seed)
    W = torch.randn(N, N, generator=generator, dtype=torch.float64)
    return W * greatest / torch.linalg.matrix_norm(W, 2)


def norms_by_lag(J: Tensor) -> Tensor:
    """Return ||dh_T/dh_k|| ``(B, T)``, by T - k from 1, of step Jacobians ``(B, T, N, N)``."""
    product = torch.eye(N, dtype=torch.float64).expand(J.shape[0], -1, -1)
    norms = []
    for t in reversed(range(J.shape[1])):
        product = product @ J[:, t]
        norms.append(torch.linalg.matrix_norm(product, 2))
    return torch.stack(norms, 1)


LAGS = torch.arange(1, T + 1, dtype=torch.float64)


@pytest.mark.parametrize("scale", [0.0, 0.1, 1.0], ids=["silent", "quiet", "loud"])
@pytest.mark.parametrize("gain", [0.3, 0.6, 0.9, 0.99])
def test_a_tanh_network_vanishes_at_no_slower_than_the_bound(gain: float, scale: float) -> None:
    for seed in range(3):
        cell = Elementwise(scaled(gain, seed))
        norms = norms_by_lag(jacobian_matrices(trace_of(cell, scale * drawn(cell, 4, T))))
        assert (norms <= gain**LAGS * (1 + 1e-9)).all()
        assert (norms > 0).all()


@pytest.mark.parametrize("gain", [1.0, 3.0, 3.9])
def test_so_does_a_sigmoid_network_whose_slope_is_a_quarter(gain: float) -> None:
    cell = Elementwise(scaled(gain, 0), torch.sigmoid)
    norms = norms_by_lag(jacobian_matrices(trace_of(cell, drawn(cell, 4, T))))
    assert (norms <= (gain / 4) ** LAGS * (1 + 1e-9)).all()
    assert (norms > 0).all()


@pytest.mark.parametrize("gain", [0.5, 0.9, 1.1])
def test_the_bound_is_met_by_a_silent_network_with_orthogonal_weights(gain: float) -> None:
    """So what is measured is not merely small."""
    W = gain * torch.linalg.qr(scaled(1.0, 0)).Q
    cell = Elementwise(W)
    norms = norms_by_lag(jacobian_matrices(trace_of(cell, 0 * drawn(cell, 2, T))))
    torch.testing.assert_close(norms, (gain**LAGS).expand(2, -1), rtol=1e-9, atol=0)


def test_above_the_bound_a_gradient_can_explode() -> None:
    cell = Elementwise(scaled(6.0, 0))
    norms = norms_by_lag(jacobian_matrices(trace_of(cell, 1e-6 * drawn(cell, 2, 10))))
    assert (norms[:, 4] > 10).any()
