"""Cells whose steps a compiler may get wrong."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx
from torch.nn.utils.parametrizations import weight_norm

from rnnlab.cells import Cell


class Plain(Cell[Tensor]):
    """Two linear maps; the others change one thing of it."""

    def __init__(self, input_size: int, hidden_size: int = 4) -> None:
        super().__init__()
        self.input_size, self.output_size = input_size, hidden_size
        self.input = nn.Linear(input_size, hidden_size)
        self.recurrent = nn.Linear(hidden_size, hidden_size)

    def init_state(self, batch_size: int) -> Tensor:
        return self.recurrent.weight.new_zeros(batch_size, self.output_size)

    def project(self, x: Tensor) -> Tensor:
        z: Tensor = self.input(x)
        return z

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        return (z + self.recurrent(state)).tanh()


class UsedTwice(Plain):
    """One weight in two places, one of them behind the other."""

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        gate = self.recurrent(state).sigmoid()
        return (z + self.recurrent(gate * state)).tanh() * gate


class ClosedOver(Plain):
    """A weight that is no parameter of the module."""

    def __init__(self, input_size: int, hidden_size: int = 4) -> None:
        super().__init__(input_size, hidden_size)
        weight = torch.randn(hidden_size, hidden_size, dtype=torch.float64) / 2
        self.tensors = [weight.requires_grad_()]

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        return (z + state @ self.tensors[0].to(z.dtype)).tanh()


class InPlace(Plain):
    """Writes into a tensor of its own."""

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        mixed = self.recurrent(state)
        mixed[:, :2] *= 2
        mixed.add_(z).tanh_()
        return mixed


class Detached(Plain):
    """Stops the gradient of one factor."""

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        with torch.no_grad():
            scale = self.recurrent(state).sigmoid()
        return (z + self.recurrent(state)).tanh() * scale + state.detach() * 0.1


class _StraightThrough(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor) -> Tensor:
        return (x > 0).to(x.dtype)

    @staticmethod
    def backward(ctx: FunctionCtx, *gradients: Any) -> Any:
        return gradients[0] * 3


class Spiking(Plain):
    """Its gradient is not the one of its function."""

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        spikes: Tensor = _StraightThrough.apply(z + self.recurrent(state))
        return 0.5 * state + spikes


class Normed(Plain):
    """Layer norm: sums over the units, and none over the rows."""

    def __init__(self, input_size: int, hidden_size: int = 4) -> None:
        super().__init__(input_size, hidden_size)
        self.norm = nn.LayerNorm(hidden_size)

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        h: Tensor = self.norm(z + self.recurrent(state)).tanh()
        return h


class Parametrized(Plain):
    """Its weight is made of others, in the step."""

    def __init__(self, input_size: int, hidden_size: int = 4) -> None:
        super().__init__(input_size, hidden_size)
        weight_norm(self.recurrent)


class Frozen(Plain):
    """One parameter has no gradient."""

    def __init__(self, input_size: int, hidden_size: int = 4) -> None:
        super().__init__(input_size, hidden_size)
        self.recurrent.weight.requires_grad_(False)


class Untrained(Plain):
    """Nothing in the step has a gradient but the state and the input."""

    def __init__(self, input_size: int, hidden_size: int = 4) -> None:
        super().__init__(input_size, hidden_size)
        self.recurrent.requires_grad_(False)


class Learnt(Plain):
    """Its initial state is a parameter."""

    def __init__(self, input_size: int, hidden_size: int = 4) -> None:
        super().__init__(input_size, hidden_size)
        self.start = nn.Parameter(torch.randn(hidden_size))

    def init_state(self, batch_size: int) -> Tensor:
        return self.start.expand(batch_size, -1)


class Unread(Plain):
    """Its step does not read the state, as where there is no recurrence."""

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        return z.tanh()


class Untouched(Plain):
    """Its step hands on the state, half of it as it is."""

    def init_state(self, batch_size: int) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        return super().init_state(batch_size), super().init_state(batch_size)

    def step(self, z: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        return super().step(z + state[1], state[0]), state[1]


class Memory(NamedTuple):
    matrix: Tensor
    parts: dict[str, Tensor]
    steps: Tensor
    note: None


class Nested(Plain):
    """A tree of matrices, dicts, a counter and None; fast weights as in Ba et al. 2016."""

    def init_state(self, batch_size: int) -> Memory:  # type: ignore[override]
        weight = self.recurrent.weight
        return Memory(
            weight.new_zeros(batch_size, self.output_size, self.output_size),
            {
                "h": weight.new_zeros(batch_size, self.output_size),
                "scale": weight.new_ones(batch_size),
            },
            torch.zeros(batch_size, dtype=torch.int64, device=weight.device),
            None,
        )

    def step(self, z: Tensor, state: Memory) -> Memory:  # type: ignore[override]
        h = state.parts["h"]
        read = torch.einsum("bij,bj->bi", state.matrix, h)
        h = (z + self.recurrent(h) + read).tanh()
        matrix = 0.9 * state.matrix + 0.1 * h.unsqueeze(1) * h.unsqueeze(2)
        scale = 0.5 * state.parts["scale"] + h.mean(-1)
        return Memory(matrix, {"h": h, "scale": scale}, state.steps + 1, None)

    def readout(self, state: Memory, z: Tensor) -> Tensor:  # type: ignore[override]
        return state.parts["h"] * state.parts["scale"].unsqueeze(-1)


class Rotating(Plain):
    """A complex state."""

    def __init__(self, input_size: int, hidden_size: int = 4) -> None:
        super().__init__(input_size, hidden_size)
        self.angle = nn.Parameter(torch.rand(hidden_size))

    def init_state(self, batch_size: int) -> Tensor:
        zeros = self.angle.new_zeros(batch_size, self.output_size)
        return torch.complex(zeros, zeros)

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        turned = state * torch.polar(torch.full_like(self.angle, 0.9), self.angle)
        return turned + torch.complex(z, self.recurrent(state.real))

    def readout(self, state: Tensor, z: Tensor) -> Tensor:
        return state.real


class InputTree(Plain):
    """A projection of several leaves, of which one is never read, and a readout that reads z."""

    def project(self, x: Tensor) -> dict[str, Any]:  # type: ignore[override]
        return {"gate": self.input(x), "new": (self.input(x) * 2, x), "bias": None}

    def step(self, z: dict[str, Any], state: Tensor) -> Tensor:  # type: ignore[override]
        gate = z["gate"].sigmoid()
        return gate * state + (1 - gate) * (z["new"][0] + self.recurrent(gate * state)).tanh()

    def readout(self, state: Tensor, z: dict[str, Any]) -> Tensor:  # type: ignore[override]
        return state + z["gate"] * z["new"][1].sum(-1, keepdim=True)


COMPILED: tuple[type[Plain], ...] = (
    *(Plain, UsedTwice, ClosedOver, InPlace, Detached, Spiking, Normed, Parametrized, Frozen),
    *(Untrained, Learnt, Unread, Untouched, Nested, Rotating, InputTree),
)
"""Those that are compiled."""


class Branching(Plain):
    """Its step depends on values."""

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        return state if bool(z.sum() > 0) else super().step(z, state)


class Noisy(Plain):
    """Draws at every step."""

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        return super().step(z, state + torch.rand_like(state))


class OverTheBatch(Plain):
    """Normalises over the rows of the batch."""

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        return (z + self.recurrent(state)).softmax(0)


class Shuffling(Plain):
    """Hands each row the state of another."""

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        return super().step(z, state.flip(0))


class Overwriting(Plain):
    """Writes into the state that it is given."""

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        return state.mul_(0.5).add_(z)


REFUSED: dict[type[Plain], str] = {
    Branching: "data-dependent",
    Noisy: "draws random numbers .aten.rand",
    OverTheBatch: "mixes the rows of the batch .aten",
    Shuffling: "mixes the rows of the batch .aten.flip",
    Overwriting: "mul_.*in-place",
}
"""Those that cannot be, and what is said of them."""
