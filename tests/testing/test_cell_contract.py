"""Cells that are right, and unlike the core's: the contract must have no objection."""

from __future__ import annotations

import math
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from rnnlab.cells import GRU, RNN, AffineCell, Cell
from rnnlab.ranges import Range
from rnnlab.testing import CellContract


class Averages(Cell[dict[str, Any]]):
    """No weights and no gates; a state that is a dict in a dict, and a projection that is one."""

    like: Tensor

    def __init__(self, input_size: int) -> None:
        super().__init__()
        self.input_size = self.output_size = input_size
        # Says where the cell is and how exactly it computes.
        self.register_buffer("like", torch.zeros(()))

    def init_state(self, batch_size: int) -> dict[str, Any]:
        return {
            "sum": self.like.new_zeros(batch_size, self.input_size),
            "inner": {"count": self.like.new_zeros(batch_size, 1)},
        }

    def project(self, x: Tensor) -> dict[str, Tensor]:
        return {"value": x, "one": torch.ones_like(x[..., :1])}

    def step(self, z: dict[str, Tensor], state: dict[str, Any]) -> dict[str, Any]:
        count = state["inner"]["count"] + z["one"]
        return {"sum": state["sum"] + z["value"], "inner": {"count": count}}

    def readout(self, state: dict[str, Any], z: dict[str, Tensor]) -> Tensor:
        total: Tensor = state["sum"] / state["inner"]["count"]
        return total


class Memory(NamedTuple):
    matrix: Tensor  # (B, H, K)
    steps: Tensor  # (B,) int64


class FastWeights(Cell[Memory]):
    """A matrix that each step writes an outer product into, and a counter."""

    def __init__(self, input_size: int, hidden_size: int = 4, key_size: int = 2) -> None:
        super().__init__()
        self.input_size, self.output_size, self.key_size = input_size, hidden_size, key_size
        self.input = nn.Linear(input_size, hidden_size + 2 * key_size, bias=False)

    def init_state(self, batch_size: int) -> Memory:
        weight = self.input.weight
        return Memory(
            weight.new_zeros(batch_size, self.output_size, self.key_size),
            torch.zeros(batch_size, dtype=torch.int64, device=weight.device),
        )

    def project(self, x: Tensor) -> tuple[Tensor, ...]:
        sizes = [self.output_size, self.key_size, self.key_size]
        return tuple(self.input(x).split(sizes, -1))

    def step(self, z: tuple[Tensor, ...], state: Memory) -> Memory:
        value, key, _ = z
        written = torch.einsum("bh,bk->bhk", value, key)
        decay = 1 / (1 + state.steps.to(value.dtype))
        return Memory(state.matrix * decay[:, None, None] + written, state.steps + 1)

    def readout(self, state: Memory, z: tuple[Tensor, ...]) -> Tensor:
        return torch.einsum("...hk,...k->...h", state.matrix, z[2].to(state.matrix.dtype))


class Peepholes(Cell[tuple[Tensor, Tensor]]):
    """LSTM whose gates see the memory (Gers & Schmidhuber 2000)."""

    gate_ranges: ClassVar[dict[str, Range]] = {"candidate": Range(min=-1, max=1)}

    def __init__(self, input_size: int, hidden_size: int = 4, peepholes: bool = True) -> None:
        super().__init__()
        self.input_size, self.output_size = input_size, hidden_size
        self.input = nn.Linear(input_size, 4 * hidden_size)
        self.recurrent = nn.Linear(hidden_size, 4 * hidden_size, bias=False)
        peephole = nn.Parameter(torch.randn(3, hidden_size)) if peepholes else None
        self.register_parameter("peephole", peephole)

    def init_state(self, batch_size: int) -> tuple[Tensor, Tensor]:
        zeros = self.input.weight.new_zeros(batch_size, self.output_size)
        return zeros, zeros.clone()

    def project(self, x: Tensor) -> Tensor:
        z: Tensor = self.input(x)
        return z

    def gates(self, z: Tensor, state: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        h, c = state
        i, f, g, _ = (z + self.recurrent(h)).chunk(4, -1)
        if self.peephole is not None:
            i, f = i + self.peephole[0] * c, f + self.peephole[1] * c
        return {"input": i.sigmoid(), "forget": f.sigmoid(), "candidate": g.tanh()}

    def step(self, z: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        gate = self.gates(z, state)
        c = gate["forget"] * state[1] + gate["input"] * gate["candidate"]
        o = (z + self.recurrent(state[0])).chunk(4, -1)[3]
        if self.peephole is not None:
            o = o + self.peephole[2] * c
        return o.sigmoid() * c.tanh(), c


class Rotates(AffineCell):
    """A complex state that turns and decays (Orvieto et al. 2023, roughly)."""

    def __init__(self, input_size: int, hidden_size: int = 4, turn: float = math.pi) -> None:
        super().__init__()
        self.input_size, self.output_size = input_size, hidden_size
        self.decay = nn.Parameter(torch.rand(hidden_size))
        self.angle = nn.Parameter(turn * torch.rand(hidden_size))
        self.input = nn.Linear(input_size, 2 * hidden_size)
        self.output = nn.Linear(2 * hidden_size, hidden_size)

    def init_state(self, batch_size: int) -> Tensor:
        zeros = self.decay.new_zeros(batch_size, self.output_size)
        return torch.complex(zeros, zeros)

    def project(self, x: Tensor) -> Tensor:
        z: Tensor = self.input(x)
        return z

    def coefficients(self, z: Tensor) -> tuple[Tensor, Tensor]:
        real, imaginary = z.to(self.decay.dtype).chunk(2, -1)
        a = torch.polar((-self.decay.exp()).exp(), self.angle).expand(real.shape)
        return a, torch.complex(real, imaginary)

    def readout(self, state: Tensor, z: Tensor) -> Tensor:
        out: Tensor = self.output(torch.view_as_real(state).flatten(-2))
        return out


class ComplexWeights(Cell[Tensor]):
    """Parameters that are complex themselves, and a step that is not affine."""

    def __init__(self, input_size: int, hidden_size: int = 4) -> None:
        super().__init__()
        self.input_size, self.output_size = input_size, hidden_size
        self.input = nn.Parameter(0.3 * torch.randn(input_size, hidden_size, dtype=torch.cfloat))
        self.turn = nn.Parameter(torch.randn(hidden_size, dtype=torch.cfloat))

    def init_state(self, batch_size: int) -> Tensor:
        return self.turn.new_zeros(batch_size, self.output_size)

    def project(self, x: Tensor) -> Tensor:
        return x.to(self.input.dtype) @ self.input

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        total = z + state * self.turn
        return total / (1 + total.abs())

    def readout(self, state: Tensor, z: Tensor) -> Tensor:
        return state.real


class LearnedStart(GRU):
    def __init__(self, input_size: int, hidden_size: int = 4) -> None:
        super().__init__(input_size, hidden_size)
        self.start = nn.Parameter(torch.randn(hidden_size))

    def init_state(self, batch_size: int) -> Tensor:
        return self.start.expand(batch_size, -1)


class Zoneout(RNN):
    """Keeps units at random in training (Krueger et al. 2017); the input dropped, too."""

    def __init__(
        self, input_size: int, hidden_size: int = 4, zoneout: float = 0.3, dropout: float = 0.2
    ) -> None:
        super().__init__(input_size, hidden_size)
        self.zoneout, self.dropout = zoneout, dropout

    def project(self, x: Tensor) -> Tensor:
        return super().project(F.dropout(x, self.dropout, self.training))

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        h = super().step(z, state)
        if self.training:
            return torch.where(torch.rand_like(h) < self.zoneout, state, h)
        return self.zoneout * state + (1 - self.zoneout) * h


class TestAverages(CellContract):
    def make_cell(self, input_size: int, **arguments: Any) -> Cell:
        return Averages(input_size, **arguments)


class TestFastWeights(CellContract):
    def make_cell(self, input_size: int, **arguments: Any) -> Cell:
        return FastWeights(input_size, **arguments)


class TestPeepholes(CellContract):
    def make_cell(self, input_size: int, **arguments: Any) -> Cell:
        return Peepholes(input_size, **arguments)


class TestRotates(CellContract):
    def make_cell(self, input_size: int, **arguments: Any) -> Cell:
        return Rotates(input_size, **arguments)


class TestComplexWeights(CellContract):
    def make_cell(self, input_size: int, **arguments: Any) -> Cell:
        return ComplexWeights(input_size, **arguments)


class TestLearnedStart(CellContract):
    def make_cell(self, input_size: int, **arguments: Any) -> Cell:
        return LearnedStart(input_size, **arguments)


class TestZoneout(CellContract):
    def make_cell(self, input_size: int, **arguments: Any) -> Cell:
        return Zoneout(input_size, **arguments)
