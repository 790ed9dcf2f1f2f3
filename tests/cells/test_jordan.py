from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pytest
import torch

from rnnlab.cells import Cell, Jordan
from rnnlab.errors import ConfigError
from rnnlab.recurrence import Recurrent
from rnnlab.testing import CellContract

FUNCTIONS = {"identity": lambda v: v, "tanh": np.tanh, "sigmoid": lambda v: 1 / (1 + np.exp(-v))}


class TestJordanContract(CellContract):
    def make_cell(self, input_size: int, **arguments: Any) -> Cell:
        return Jordan(input_size, **{"hidden_size": 4, "output_size": 5, **arguments})


@pytest.mark.parametrize("nonlinearity", list(FUNCTIONS))
def test_a_hand_unrolled_run(nonlinearity: Literal["identity", "tanh", "sigmoid"]) -> None:
    cell = Jordan(3, hidden_size=5, output_size=2, output_nonlinearity=nonlinearity).double()
    x = torch.randn(4, 6, 3, dtype=torch.float64)
    weights = {name: value.detach().numpy() for name, value in cell.named_parameters()}
    y = np.zeros((4, 2))
    outputs = []
    for t in range(6):
        hidden = np.tanh(
            x[:, t].numpy() @ weights["input.weight"].T
            + weights["input.bias"]
            + y @ weights["feedback.weight"].T
        )
        gates = cell.gates(cell.project(x[:, t]), torch.from_numpy(y))
        np.testing.assert_allclose(gates["hidden"].detach(), hidden, atol=1e-12)
        y = FUNCTIONS[nonlinearity](hidden @ weights["output.weight"].T + weights["output.bias"])
        outputs.append(y)
    output, state = Recurrent(cell)(x)
    np.testing.assert_allclose(output.detach(), np.stack(outputs, 1), atol=1e-12)
    np.testing.assert_allclose(state.detach(), y, atol=1e-12)


def test_the_state_is_as_large_as_the_output() -> None:
    cell = Jordan(3, hidden_size=5, output_size=2)
    assert cell.output_size == 2
    assert cell.init_state(7).shape == (7, 2)


def test_unknown_nonlinearity() -> None:
    with pytest.raises(ConfigError, match="output_nonlinearity=relu: unknown; valid: identity"):
        Jordan(3, output_nonlinearity="relu")  # type: ignore[arg-type]
