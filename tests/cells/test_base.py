"""What the contract for cells does not ask, or not of all devices."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from rnnlab.cells import GRU, LSTM, RNN, Cell, Jordan
from rnnlab.recurrence import tree

CELLS: dict[str, Callable[[], Cell]] = {
    "rnn": lambda: RNN(3, 4),
    "irnn": lambda: RNN(3, 4, nonlinearity="relu", recurrent_init="identity"),
    "gru": lambda: GRU(3, 4),
    "lstm": lambda: LSTM(3, 4),
    "jordan": lambda: Jordan(3, 6, 4),
}
every_cell = pytest.mark.parametrize("make", CELLS.values(), ids=CELLS.keys())


@every_cell
def test_initial_state_is_where_the_cell_is(make: Callable[[], Cell], device: torch.device) -> None:
    cell = make().to(device, torch.float16)
    for leaf in tree.leaves(cell.init_state(2)):
        assert leaf.device.type == device.type
        assert leaf.dtype == torch.float16


@every_cell
def test_a_cell_can_be_made_on_device_meta(make: Callable[[], Cell]) -> None:
    with torch.device("meta"):
        cell = make()
        x = torch.empty(2, 3)
    state = cell.step(cell.project(x), cell.init_state(2))
    assert all(leaf.is_meta for leaf in tree.leaves(state))


def test_default_readout_finds_the_first_leaf() -> None:
    first, second = torch.ones(1), torch.zeros(1)
    cell = RNN(3, 4)
    for state in (first, (first, second), [(first,), second], {"a": first, "b": second}):
        assert Cell.readout(cell, state, None) is first
