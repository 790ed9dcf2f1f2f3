from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from rnnlab.cells import LSTM, Cell
from rnnlab.errors import ConfigError
from rnnlab.testing import CellContract


class TestLSTMContract(CellContract):
    def make_cell(self, input_size: int, **arguments: Any) -> Cell:
        return LSTM(input_size, **{"hidden_size": 4, **arguments})


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def test_gates_and_step_follow_the_equations() -> None:
    cell = LSTM(3, hidden_size=4).double()
    x, h, c = torch.randn(2, 3).double(), torch.randn(2, 4).double(), torch.randn(2, 4).double()
    weights = {name: value.detach().numpy() for name, value in cell.named_parameters()}
    total = (
        x.numpy() @ weights["input.weight"].T
        + weights["input.bias"]
        + h.numpy() @ weights["recurrent.weight"].T
        + weights["recurrent.bias"]
    )
    expected = {
        "input": sigmoid(total[:, 0:4]),
        "forget": sigmoid(total[:, 4:8]),
        "candidate": np.tanh(total[:, 8:12]),
        "output": sigmoid(total[:, 12:16]),
    }
    gates = cell.gates(cell.project(x), (h, c))
    assert gates.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(gates[name].detach(), value, atol=1e-12)
    memory = expected["forget"] * c.numpy() + expected["input"] * expected["candidate"]
    next_h, next_c = cell.step(cell.project(x), (h, c))
    np.testing.assert_allclose(next_c.detach(), memory, atol=1e-12)
    np.testing.assert_allclose(next_h.detach(), expected["output"] * np.tanh(memory), atol=1e-12)


@pytest.mark.parametrize("forget_bias", [0.0, 1.0, 2.5])
def test_forget_bias_is_the_sum_of_both_biases(forget_bias: float) -> None:
    cell = LSTM(3, hidden_size=4, forget_bias=forget_bias)
    total = cell.input.bias + cell.recurrent.bias
    assert torch.equal(total[4:8], torch.full((4,), forget_bias))
    assert not torch.any(total[:4] == forget_bias)


def test_weights_are_drawn_within_torch_s_bound() -> None:
    cell = LSTM(50, hidden_size=16)
    assert cell.input.weight.abs().max() <= 0.25
    assert cell.input.weight.abs().max() > 0.24


def test_round_trip_through_torch() -> None:
    cell = LSTM(3, hidden_size=4).double()
    back = LSTM.from_torch(cell.to_torch())
    assert back.input_size == 3
    assert back.output_size == 4
    for name, value in cell.state_dict().items():
        assert torch.equal(back.state_dict()[name], value), name


def test_from_torch_picks_layer_and_direction() -> None:
    module = nn.LSTM(3, 4, num_layers=2, bidirectional=True)
    cell = LSTM.from_torch(module, layer=1, reverse=True)
    assert cell.input_size == 8
    assert torch.equal(cell.input.weight, module.weight_ih_l1_reverse)
    assert torch.equal(cell.recurrent.bias, module.bias_hh_l1_reverse)
    assert cell.recurrent.weight.data_ptr() != module.weight_hh_l1_reverse.data_ptr()


@pytest.mark.parametrize(
    ("module", "layer", "reverse", "message"),
    [
        (nn.LSTM(3, 4, proj_size=2), 0, False, "proj_size"),
        (nn.LSTM(3, 4), 1, False, "layer=1"),
        (nn.LSTM(3, 4), -1, False, "layer=-1"),
        (nn.LSTM(3, 4), 0, True, "one direction"),
    ],
)
def test_from_torch_refuses(module: nn.LSTM, layer: int, reverse: bool, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        LSTM.from_torch(module, layer, reverse)
