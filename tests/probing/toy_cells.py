"""Cells as plugins may bring them: states of every form, operations without a rule."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from rnnlab.cells import AffineCell, Cell


class Linear(Cell[Tensor]):
    """h = W h + x."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)
        self.input_size = self.output_size = weight.shape[0]

    def init_state(self, batch_size: int) -> Tensor:
        return self.weight.new_zeros(batch_size, self.output_size)

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        return state @ self.weight.mT + z


class Elementwise(Linear):
    """h = phi(W h + x) without biases."""

    def __init__(self, weight: Tensor, phi: Any = torch.tanh) -> None:
        super().__init__(weight)
        self.phi = phi

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        return self.phi(super().step(z, state))


class Fast(NamedTuple):
    matrix: Tensor
    turning: Tensor


class Nested(Cell[dict[str, Any]]):
    """A dict with a named tuple: a matrix, a complex leaf, a count, a flat leaf, and None."""

    def __init__(self, input_size: int = 3, units: int = 2) -> None:
        super().__init__()
        self.input_size, self.output_size = input_size, units
        self.input = nn.Linear(input_size, 2 * units)
        self.mix = nn.Linear(units, units)
        self.phase = nn.Parameter(torch.rand(units))

    def init_state(self, batch_size: int) -> dict[str, Any]:
        zeros = self.phase.new_zeros(batch_size, self.output_size)
        fast = Fast(zeros.new_zeros(batch_size, self.output_size, 2), torch.complex(zeros, zeros))
        count = torch.zeros(batch_size, dtype=torch.int64, device=zeros.device)
        return {"flat": zeros, "fast": fast, "count": count, "nothing": None}

    def project(self, x: Tensor) -> Tensor:
        return self.input(x)

    def step(self, z: Tensor, state: dict[str, Any]) -> dict[str, Any]:
        a, b = z.chunk(2, -1)
        fast, count = state["fast"], state["count"]
        turn = torch.polar(torch.full_like(self.phase, 0.9), self.phase)
        turning = fast.turning * turn + torch.complex(a, state["flat"] * b)
        key = torch.view_as_real(turning).tanh()  # (B, units, 2)
        matrix = 0.7 * fast.matrix.roll(1, -1) + key / (count + 1)[:, None, None]
        flat = (self.mix(state["flat"]) + (matrix * key).sum(-1)).sigmoid()
        return {"flat": flat, "fast": Fast(matrix, turning), "count": count + 1, "nothing": None}


class Decaying(AffineCell):
    """h = a h + (1 - a) b with a and b of the input, as minGRU has it."""

    def __init__(self, input_size: int = 3, units: int = 4) -> None:
        super().__init__()
        self.input_size, self.output_size = input_size, units
        self.input = nn.Linear(input_size, 2 * units)

    def init_state(self, batch_size: int) -> Tensor:
        return self.input.weight.new_zeros(batch_size, self.output_size)

    def project(self, x: Tensor) -> Tensor:
        return self.input(x)

    def coefficients(self, z: Tensor) -> tuple[Tensor, Tensor]:
        a, b = z.chunk(2, -1)
        return a.sigmoid(), (1 - a.sigmoid()) * b


class _Sine(torch.autograd.Function):
    """Has a derivative in reverse mode alone, and no batching rule."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x.sin()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return gradient * x.cos()


class ReverseOnly(Linear):
    """h = sin(W h + x) by somebody's autograd.Function."""

    def __init__(self, units: int = 4) -> None:
        super().__init__(torch.randn(units, units))

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        return _Sine.apply(super().step(z, state))


class Forgetful(Linear):
    """h = x: nothing of the state is read."""

    def __init__(self, units: int = 3) -> None:
        super().__init__(torch.eye(units))

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        return z.clone()
