from __future__ import annotations

import torch

from rnnlab.cells import GRU, LSTM, RNN, Jordan, Retention


def test_what_is_kept_is_the_gate_or_the_rest() -> None:
    gate = torch.tensor([0.0, 0.25, 1.0])
    assert Retention("forget").kept(gate).tolist() == [0, 0.25, 1]
    assert Retention("update", keeps="rest").kept(gate).tolist() == [1, 0.75, 0]


def test_of_the_lstm_it_is_the_share_of_the_memory() -> None:
    cell = LSTM(3, hidden_size=4).double()
    z, h, c = cell.project(torch.randn(2, 3).double()), *torch.randn(2, 2, 4).double()
    kept = cell.retention.kept(cell.gates(z, (h, c))[cell.retention.gate])
    more = cell.step(z, (h, c + 1))[1] - cell.step(z, (h, c))[1]
    torch.testing.assert_close(more, kept)


def test_of_the_gru_it_is_the_share_of_the_state_beside_the_candidate() -> None:
    cell = GRU(3, hidden_size=4).double()
    z, h = cell.project(torch.randn(2, 3).double()), torch.randn(2, 4).double()
    gates = cell.gates(z, h)
    kept = cell.retention.kept(gates[cell.retention.gate])
    expected = kept * h + (1 - kept) * gates["candidate"]
    torch.testing.assert_close(cell.step(z, h), expected)


def test_networks_without_gates_have_none() -> None:
    assert RNN.retention is None
    assert Jordan.retention is None
