from __future__ import annotations

import math
from typing import ClassVar

import pytest
import torch
from torch import Tensor

from rnnlab.cells import GRU, LSTM, RNN, Cell, Retention
from rnnlab.probing.time_constants import time_constants
from rnnlab.recurrence import Recurrent
from rnnlab.recurrence.trace import Trace, traced


def trace_of(cell: Cell, x: Tensor, lengths: Tensor | None = None) -> Trace:
    layer = Recurrent(cell)
    with torch.no_grad(), traced(layer) as traces:
        layer(x, lengths=lengths)
    return traces["recurrent"]


def set_all(cell: LSTM, *biases: list[float]) -> None:
    """Set all weights to zero, and some biases of the input's map."""
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.zero_()
        cell.input.bias.copy_(torch.tensor(biases, dtype=torch.float64).flatten())


def logit(p: float) -> float:
    return math.log(p / (1 - p))


def test_of_a_constant_forget_gate_it_is_the_closed_form() -> None:
    cell = LSTM(2, 3).double()
    kept = [0.5, 0.9, 0.99]
    set_all(cell, [0.0] * 3, [logit(f) for f in kept], [0.0] * 3, [0.0] * 3)
    found = time_constants(trace_of(cell, torch.randn(2, 7, 2).double()))
    assert found is not None
    assert found.gate == "forget"
    assert found.tau.tolist() == pytest.approx([-1 / math.log(f) for f in kept], rel=1e-9)
    assert found.kept.tolist() == pytest.approx(kept, rel=1e-9)


def test_it_is_the_decay_of_the_memory_itself() -> None:
    """Without input a memory falls by exp(-T / tau) over the T steps that were measured."""
    torch.manual_seed(0)
    cell = LSTM(3, 4).double()
    with torch.no_grad():
        H = 4
        cell.recurrent.weight.zero_()
        cell.input.bias[:H] = -1e4  # the input gate is shut, so the memory only decays
    x = torch.randn(1, 20, 3).double() * 3
    layer = Recurrent(cell)
    start = torch.rand(1, 4).double() + 0.5
    with torch.no_grad(), traced(layer) as traces:
        _, (_, c) = layer(x, (torch.zeros_like(start), start))
    found = time_constants(traces["recurrent"])
    assert found is not None
    torch.testing.assert_close(c[0] / start[0], (-20 / found.tau).exp(), rtol=1e-9, atol=0)


def test_a_gate_that_never_forgets_lasts_for_ever_and_a_closed_one_not_at_all() -> None:
    cell = LSTM(2, 2).double()
    set_all(cell, [0.0] * 2, [100.0, -1e4], [0.0] * 2, [0.0] * 2)
    found = time_constants(trace_of(cell, torch.randn(1, 3, 2).double()))
    assert found is not None
    assert found.tau.tolist() == [math.inf, 0]
    assert found.kept.tolist() == [1, 0]


def test_padding_does_not_count() -> None:
    torch.manual_seed(0)
    cell, x = LSTM(2, 3).double(), torch.randn(2, 6, 2).double()
    padded = time_constants(trace_of(cell, x, torch.tensor([4, 0])))
    alone = time_constants(trace_of(cell, x[:1, :4]))
    assert padded is not None
    assert alone is not None
    torch.testing.assert_close(padded.tau, alone.tau)
    nothing = time_constants(trace_of(cell, x, torch.tensor([0, 0])))
    assert nothing is not None
    assert nothing.tau.isnan().all()


def test_a_gru_keeps_what_its_update_gate_says() -> None:
    """From a great state the next one is the kept share of it: the candidate is below 1."""
    torch.manual_seed(0)
    cell, great = GRU(3, hidden_size=4).double(), 1e9
    with torch.no_grad():
        cell.recurrent.weight.zero_()  # or the gates would see the great state
    layer = Recurrent(cell)
    with torch.no_grad(), traced(layer) as traces:
        _, state = layer(torch.randn(1, 1, 3).double(), torch.full((1, 4), great).double())
    found = time_constants(traces["recurrent"])
    assert found is not None
    torch.testing.assert_close(found.kept, state[0] / great, rtol=1e-8, atol=0)


def test_a_gate_that_opens_for_the_new_keeps_the_rest() -> None:
    class Leaky(Shown):
        retention: ClassVar[Retention] = Retention("update", keeps="rest")

    x = torch.tensor([[[0.1], [0.4]], [[0.0], [0.5]]]).double()
    found = time_constants(trace_of(Leaky(), x))
    assert found is not None
    product = 0.9 * 0.6 * 1.0 * 0.5
    assert found.tau.tolist() == pytest.approx([-4 / math.log(product)])


class Shown(Cell[Tensor]):
    """Its input is its gate."""

    def __init__(self) -> None:
        super().__init__()
        self.input_size = self.output_size = 1

    def init_state(self, batch_size: int) -> Tensor:
        return torch.zeros(batch_size, 1, dtype=torch.float64)

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        return (1 - z) * state + z

    def gates(self, z: Tensor, state: Tensor) -> dict[str, Tensor]:
        return {"update": z}


def test_a_cell_without_such_a_gate_has_none() -> None:
    assert time_constants(trace_of(RNN(2, 3), torch.randn(1, 3, 2))) is None
