"""Recurrent cells: one step of a recurrence each."""

from rnnlab.cells.base import AffineCell, Cell, FusedCell, State, Tree
from rnnlab.cells.gru import GRU
from rnnlab.cells.interpolating import InterpolatingCell
from rnnlab.cells.jordan import Jordan
from rnnlab.cells.lstm import LSTM
from rnnlab.cells.retention import Retention
from rnnlab.cells.rnn import RNN

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "AffineCell",
    "Cell",
    "FusedCell",
    "InterpolatingCell",
    "Jordan",
    "Retention",
    "State",
    "Tree",
]
