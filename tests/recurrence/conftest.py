from __future__ import annotations

from collections.abc import Callable

import pytest

from rnnlab.cells import GRU, LSTM, RNN, Cell, Jordan

MakeCell = Callable[[int], Cell]

CELLS: dict[str, MakeCell] = {
    "rnn": lambda size: RNN(size, 4),
    "relu": lambda size: RNN(size, 4, nonlinearity="relu", recurrent_scale=0.5),
    "gru": lambda size: GRU(size, 4),
    "lstm": lambda size: LSTM(size, 4),
    "jordan": lambda size: Jordan(size, 6, 4),
}


@pytest.fixture(params=CELLS.values(), ids=CELLS.keys())
def make_cell(request: pytest.FixtureRequest) -> MakeCell:
    """Makes a cell of one of the kinds for an input size."""
    return request.param


@pytest.fixture(params=["loop", "auto"])
def engine(request: pytest.FixtureRequest) -> str:
    """The reference, and what is taken by default."""
    return request.param
