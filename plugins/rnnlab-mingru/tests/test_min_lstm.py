from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import expit

from rnnlab.recurrence import Recurrent
from rnnlab_mingru import MinLSTM


@pytest.mark.parametrize("engine", ["scan", "loop"])
def test_it_computes_the_equations(engine: str) -> None:
    cell = MinLSTM(3, hidden_size=4).double()
    x = torch.randn(2, 6, 3, dtype=torch.float64)
    output, _ = Recurrent(cell, engine)(x)
    weight, bias = cell.input.weight.detach().numpy(), cell.input.bias.detach().numpy()
    h = np.zeros((2, 4))
    for t in range(6):
        f, i, new = np.split(x[:, t].numpy() @ weight.T + bias, 3, axis=1)
        f, i = expit(f), expit(i)
        h = f / (f + i) * h + i / (f + i) * new
        np.testing.assert_allclose(output[:, t].detach().numpy(), h, atol=1e-12)


def test_the_shares_add_up_to_one_where_both_gates_vanish() -> None:
    cell = MinLSTM(1, hidden_size=1)
    z = torch.tensor([[-500.0, -500.0, 0.0], [-500.0, 500.0, 0.0], [500.0, -500.0, 0.0]])
    gates = cell.gates(z, cell.init_state(3))
    assert gates["forget"].squeeze(1).tolist() == [0.5, 0.0, 1.0]
    assert (gates["forget"] + gates["input"]).squeeze(1).tolist() == [1.0, 1.0, 1.0]


def test_its_retention_is_what_multiplies_the_state() -> None:
    cell = MinLSTM(3, hidden_size=4).double()
    z, state = cell.project(torch.randn(2, 3).double()), torch.randn(2, 4).double()
    kept = cell.retention.kept(cell.gates(z, state)[cell.retention.gate])
    torch.testing.assert_close(kept, cell.coefficients(z)[0])
