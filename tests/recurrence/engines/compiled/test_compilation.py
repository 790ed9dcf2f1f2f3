from __future__ import annotations

import pytest
import torch
from torch import Tensor

from rnnlab.cells import LSTM, Cell
from rnnlab.recurrence import Recurrent
from rnnlab.recurrence.engines.compiled.chunks import Chunks
from rnnlab.recurrence.engines.compiled.compilation import INDUCTOR_SECONDS, Compilation
from rnnlab.recurrence.engines.compiled.failure import CompileTooSlow
from rnnlab.recurrence.engines.compiled.lowering import Lowering
from rnnlab.recurrence.engines.compiled.native import Native
from tests.recurrence.engines.compiled.cells import Plain, Rotating

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


class Negated(Plain):
    """Its projection is negated lazily, in memory that holds the opposite."""

    def project(self, x: Tensor) -> Tensor:
        z = self.input(x)
        return torch.complex(z, z).conj().imag


@pytest.mark.parametrize("units", [1, 4])
def test_a_lazily_negated_projection(units: int) -> None:
    cell, x = Negated(3, units), torch.randn(2, 5, 3)
    assert cell.project(x).is_neg()
    ours, theirs = (Recurrent(cell, engine)(x)[0] for engine in ("compiled", "loop"))
    torch.testing.assert_close(ours, theirs)


def test_inductor_takes_what_is_not_written_in_cpp() -> None:
    assert isinstance(lowered(Compilation(), Rotating(3)), Chunks)
    with torch.autocast("cpu", torch.bfloat16):
        assert isinstance(lowered(Compilation(), LSTM(3, 4)), Chunks)


def test_inductor_is_not_waited_for_without_patience() -> None:
    compilation, cell = Compilation(), Rotating(3)
    with pytest.raises(CompileTooSlow, match=r"about 40 s to compile \(numbers of type .*complex"):
        lowered(compilation, cell, INDUCTOR_SECONDS - 1)
    assert isinstance(lowered(compilation, cell), Chunks)
