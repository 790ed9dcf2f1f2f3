from __future__ import annotations

import pytest
import torch

from rnnlab.cells import LSTM, Cell
from rnnlab.recurrence.engines.compiled.chunks import Chunks
from rnnlab.recurrence.engines.compiled.compilation import INDUCTOR_SECONDS, Compilation
from rnnlab.recurrence.engines.compiled.failure import CompileTooSlow
from rnnlab.recurrence.engines.compiled.lowering import Lowering
from rnnlab.recurrence.engines.compiled.native import Native
from tests.recurrence.engines.compiled.cells import Rotating

CPU = torch.device("cpu")


def lowered(compilation: Compilation, cell: Cell, patience: float = 1e9) -> Lowering:
    state = cell.init_state(2)
    dtype = next(cell.parameters()).dtype
    z = cell.project(torch.randn(3, 2, 3, dtype=dtype))
    return compilation(cell, z, state, CPU, patience)[1]


def test_a_cell_is_compiled_once() -> None:
    compilation, cell = Compilation(), LSTM(3, 4)
    first = lowered(compilation, cell)
    assert isinstance(first, Native)
    assert lowered(compilation, cell) is first
    assert lowered(compilation, cell.double()) is not first


def test_inductor_takes_what_is_not_written_in_cpp() -> None:
    assert isinstance(lowered(Compilation(), Rotating(3)), Chunks)
    with torch.autocast("cpu", torch.bfloat16):
        assert isinstance(lowered(Compilation(), LSTM(3, 4)), Chunks)


def test_inductor_is_not_waited_for_without_patience() -> None:
    compilation, cell = Compilation(), Rotating(3)
    with pytest.raises(CompileTooSlow, match=r"about 40 s to compile \(numbers of type .*complex"):
        lowered(compilation, cell, INDUCTOR_SECONDS - 1)
    assert isinstance(lowered(compilation, cell), Chunks)
