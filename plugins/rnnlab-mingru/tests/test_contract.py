from __future__ import annotations

from typing import Any

from rnnlab.testing import CellContract
from rnnlab_mingru import LRU, MinGRU, MinLSTM


class TestMinGRU(CellContract):
    def make_cell(self, input_size: int, **arguments: Any) -> MinGRU:
        return MinGRU(input_size, **{"hidden_size": 4, **arguments})


class TestMinLSTM(CellContract):
    def make_cell(self, input_size: int, **arguments: Any) -> MinLSTM:
        return MinLSTM(input_size, **{"hidden_size": 4, **arguments})


class TestLRU(CellContract):
    def make_cell(self, input_size: int, **arguments: Any) -> LRU:
        return LRU(input_size, **{"hidden_size": 4, "state_size": 3, **arguments})
