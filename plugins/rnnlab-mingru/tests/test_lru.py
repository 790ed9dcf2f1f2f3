from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from rnnlab.errors import ConfigError
from rnnlab.recurrence import Recurrent
from rnnlab_mingru import LRU


@pytest.mark.parametrize("engine", ["scan", "loop"])
def test_its_output_is_the_convolution_with_its_impulse_response(engine: str) -> None:
    cell = LRU(2, hidden_size=3, state_size=5, mixing="none").double()
    x = torch.randn(1, 8, 2, dtype=torch.float64)
    output, _ = Recurrent(cell, engine)(x)
    weights = {name: value.detach().numpy() for name, value in cell.named_parameters()}
    eigenvalues = np.exp(-np.exp(weights["log_decay"]) + 1j * np.exp(weights["log_phase"]))
    B = weights["input.weight"][:5] + 1j * weights["input.weight"][5:]
    C = weights["output.weight"][:, :5] + 1j * weights["output.weight"][:, 5:]
    scale = np.exp(weights["log_scale"])
    for t in range(8):
        y = weights["direct.weight"] @ x[0, t].numpy()
        for k in range(t + 1):
            power = np.diag(eigenvalues**k * scale)
            y = y + (C @ power @ B @ x[0, t - k].numpy()).real
        np.testing.assert_allclose(output[0, t].detach().numpy(), y, atol=1e-12)


def test_eigenvalues_start_uniformly_on_the_ring() -> None:
    torch.manual_seed(0)
    cell = LRU(1, hidden_size=1, state_size=20_000, min_radius=0.5, max_radius=0.9, max_phase=1.0)
    eigenvalues = cell.eigenvalues().detach()
    radius, phase = eigenvalues.abs(), eigenvalues.angle()
    assert 0.5 <= radius.min() < radius.max() <= 0.9001
    assert 0 <= phase.min() < phase.max() <= 1.0001
    # Of a ring, the part within radius r has (r² - 0.25) / (0.81 - 0.25) of the area.
    for r in (0.6, 0.7, 0.8):
        assert abs((radius < r).float().mean() - (r**2 - 0.25) / 0.56) < 0.02
    assert abs(phase.mean() - 0.5) < 0.02


def test_the_scale_keeps_the_variance_of_the_drive() -> None:
    torch.manual_seed(0)
    cell = LRU(1, hidden_size=1, state_size=50, max_radius=0.95)
    variance = cell.log_scale.exp() ** 2 / (1 - cell.eigenvalues().abs() ** 2)
    torch.testing.assert_close(variance, torch.ones(50), atol=1e-4, rtol=0)


def test_half_precision_weights_leave_the_recurrence_in_single() -> None:
    layer = Recurrent(LRU(2, hidden_size=3)).to(torch.bfloat16)
    output, last = layer(torch.randn(1, 4, 2, dtype=torch.bfloat16))
    assert (output.dtype, last.dtype) == (torch.bfloat16, torch.complex64)


def test_an_empty_ring_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"min_radius=0.95: must be below max_radius=0.9"):
        LRU(1, min_radius=0.95, max_radius=0.9)


def test_the_greatest_phase_is_the_whole_circle() -> None:
    assert LRU(1).max_phase == 2 * math.pi
