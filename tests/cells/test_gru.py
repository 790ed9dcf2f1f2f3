from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from rnnlab.cells import GRU, Cell
from rnnlab.testing import CellContract


class TestGRUContract(CellContract):
    def make_cell(self, input_size: int, **arguments: Any) -> Cell:
        return GRU(input_size, **{"hidden_size": 4, **arguments})


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def test_gates_and_step_follow_the_equations() -> None:
    cell = GRU(3, hidden_size=4).double()
    x, h = torch.randn(2, 3).double(), torch.randn(2, 4).double()
    weights = {name: value.detach().numpy() for name, value in cell.named_parameters()}
    ours = x.numpy() @ weights["input.weight"].T + weights["input.bias"]
    back = h.numpy() @ weights["recurrent.weight"].T + weights["recurrent.bias"]
    reset = sigmoid(ours[:, 0:4] + back[:, 0:4])
    update = sigmoid(ours[:, 4:8] + back[:, 4:8])
    candidate = np.tanh(ours[:, 8:12] + reset * back[:, 8:12])
    gates = cell.gates(cell.project(x), h)
    assert list(gates) == ["reset", "update", "candidate"]
    for name, value in zip(gates, (reset, update, candidate), strict=True):
        np.testing.assert_allclose(gates[name].detach(), value, atol=1e-12)
    np.testing.assert_allclose(
        cell.step(cell.project(x), h).detach(),
        (1 - update) * candidate + update * h.numpy(),
        atol=1e-12,
    )


def test_round_trip_through_torch() -> None:
    cell = GRU(3, hidden_size=4).double()
    back = GRU.from_torch(cell.to_torch())
    for name, value in cell.state_dict().items():
        assert torch.equal(back.state_dict()[name], value), name


def test_a_missing_bias_becomes_zero() -> None:
    cell = GRU.from_torch(nn.GRU(3, 4, bias=False))
    assert not cell.input.bias.any()
    assert not cell.recurrent.bias.any()
