from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pytest
import torch
from torch import nn

from rnnlab.cells import RNN, Cell
from rnnlab.errors import ConfigError
from rnnlab.testing import CellContract


class TestRNNContract(CellContract):
    def make_cell(self, input_size: int, **arguments: Any) -> Cell:
        return RNN(input_size, **{"hidden_size": 4, **arguments})


class TestIRNNContract(CellContract):
    def make_cell(self, input_size: int, **arguments: Any) -> Cell:
        chosen = {"hidden_size": 4, "nonlinearity": "relu", "recurrent_init": "identity"}
        return RNN(input_size, **{**chosen, **arguments})


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
def test_step_follows_the_equation(nonlinearity: Literal["tanh", "relu"]) -> None:
    cell = RNN(3, hidden_size=4, nonlinearity=nonlinearity).double()
    x, h = torch.randn(2, 3).double(), torch.randn(2, 4).double()
    weights = {name: value.detach().numpy() for name, value in cell.named_parameters()}
    total = x.numpy() @ weights["input.weight"].T + weights["input.bias"]
    total = total + h.numpy() @ weights["recurrent.weight"].T + weights["recurrent.bias"]
    expected = np.tanh(total) if nonlinearity == "tanh" else np.maximum(total, 0)
    z = cell.project(x)
    np.testing.assert_allclose(cell.step(z, h).detach(), expected, atol=1e-12)
    np.testing.assert_allclose(cell.gates(z, h)["hidden"].detach(), expected, atol=1e-12)


def test_orthogonal_start() -> None:
    weight = RNN(3, hidden_size=8, recurrent_scale=0.5).recurrent.weight
    torch.testing.assert_close(weight @ weight.T, 0.25 * torch.eye(8))


def test_identity_start_is_the_irnn_s() -> None:
    cell = RNN(
        50, hidden_size=40, nonlinearity="relu", recurrent_init="identity", recurrent_scale=0.01
    )
    assert torch.equal(cell.recurrent.weight, torch.eye(40) * 0.01)
    assert not cell.input.bias.any()
    assert not cell.recurrent.bias.any()
    assert 0.0008 < cell.input.weight.std() < 0.0012


def test_irnn_with_zero_input_keeps_a_positive_state() -> None:
    cell = RNN(2, hidden_size=4, nonlinearity="relu", recurrent_init="identity")
    state = torch.rand(3, 4)
    assert torch.equal(cell.step(cell.project(torch.zeros(3, 2)), state), state)


def test_uniform_start_is_within_torch_s_bound() -> None:
    cell = RNN(50, hidden_size=16, recurrent_init="uniform")
    for value in cell.parameters():
        assert value.abs().max() <= 0.25
    assert cell.recurrent.weight.abs().max() > 0.2


@pytest.mark.parametrize(
    "wrong", [{"nonlinearity": "sigmoid"}, {"recurrent_init": "eye"}], ids=lambda w: next(iter(w))
)
def test_unknown_choices_name_the_valid_ones(wrong: dict[str, str]) -> None:
    key, value = next(iter(wrong.items()))
    with pytest.raises(ConfigError, match=f"{key}={value}: unknown; valid: "):
        RNN(2, **wrong)


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
def test_round_trip_through_torch(nonlinearity: Literal["tanh", "relu"]) -> None:
    cell = RNN(3, hidden_size=4, nonlinearity=nonlinearity).double()
    module = cell.to_torch()
    assert isinstance(module, nn.RNN)
    back = RNN.from_torch(module)
    assert back.nonlinearity == module.nonlinearity == nonlinearity
    for name, value in cell.state_dict().items():
        assert torch.equal(back.state_dict()[name], value), name
