from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from rnnlab.cells import GRU, AffineCell
from rnnlab.recurrence import Recurrent
from rnnlab.recurrence.engines.registry import ENGINES
from rnnlab.recurrence.engines.affine_scan import scan


class Gated(AffineCell):
    """Its decay and its initial state are learnt."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.input_size, self.output_size = input_size, hidden_size
        self.input = nn.Linear(input_size, 2 * hidden_size)
        self.initial = nn.Parameter(torch.randn(hidden_size))

    def init_state(self, batch_size: int) -> Tensor:
        return self.initial.expand(batch_size, -1)

    def project(self, x: Tensor) -> Tensor:
        z: Tensor = self.input(x)
        return z

    def coefficients(self, z: Tensor) -> tuple[Tensor, Tensor]:
        keep, new = z.chunk(2, -1)
        return keep.sigmoid(), (1 - keep.sigmoid()) * new


class Rotating(AffineCell):
    """Its state is complex and its decay is one number for each unit, without axes of the batch."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.input_size, self.output_size = input_size, hidden_size
        self.input = nn.Linear(input_size, hidden_size)
        self.angle = nn.Parameter(torch.rand(hidden_size))

    def init_state(self, batch_size: int) -> Tensor:
        zeros = self.angle.new_zeros(batch_size, self.output_size)
        return torch.complex(zeros, zeros)

    def coefficients(self, z: Tensor) -> tuple[Tensor, Tensor]:
        b = self.input(z)
        return torch.polar(torch.full_like(self.angle, 0.9), self.angle), torch.complex(b, -b)

    def readout(self, state: Tensor, z: Tensor) -> Tensor:
        return state.real


class Stubborn(Gated):
    """Changes the step."""

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        return super().step(z, state).tanh()


KINDS = pytest.mark.parametrize("kind", [Gated, Rotating])


def run(
    cell: AffineCell, engine: str, x: Tensor, lengths: Tensor | None, reset: Tensor | None
) -> list[Tensor]:
    """Return output, last state and all gradients."""
    x = x.clone().requires_grad_()
    start = torch.full_like(cell.init_state(x.shape[0]), 0.5).detach().requires_grad_()
    output, last = Recurrent(cell, engine)(x, start, lengths, reset)
    weights = torch.linspace(1, 2, output.numel(), dtype=output.dtype).reshape(output.shape)
    loss = (output * weights).sum() + last.abs().square().sum()
    sources = [x, start, *cell.parameters()]
    gradients = torch.autograd.grad(loss, sources, allow_unused=True)
    zeros = [torch.zeros_like(source) for source in sources]
    filled = [zero if g is None else g for g, zero in zip(gradients, zeros, strict=True)]
    return [output, last, *filled]


@KINDS
@settings(deadline=None, max_examples=30)
@given(st.integers(1, 4), st.integers(1, 7), st.integers(0, 1000), st.booleans(), st.booleans())
def test_it_equals_the_loop(
    kind: type[Gated] | type[Rotating], B: int, T: int, seed: int, padded: bool, resets: bool
) -> None:
    torch.manual_seed(seed)
    cell = kind(3, 4).double()
    x = torch.randn(B, T, 3, dtype=torch.float64)
    lengths = torch.randint(0, T + 1, (B,)) if padded else None
    reset = torch.rand(B, T) < 0.3 if resets else None
    for one, other in zip(
        run(cell, "scan", x, lengths, reset), run(cell, "loop", x, lengths, reset), strict=True
    ):
        torch.testing.assert_close(one, other, atol=1e-12, rtol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float64, torch.complex128], ids=str)
def test_its_first_and_second_derivatives_are_right(dtype: torch.dtype) -> None:
    a = torch.randn(2, 3, 2, dtype=dtype, requires_grad=True)
    b = torch.randn(2, 3, 2, dtype=dtype, requires_grad=True)
    state = torch.randn(2, 2, dtype=dtype, requires_grad=True)
    assert torch.autograd.gradcheck(scan, (a, b, state))
    assert torch.autograd.gradgradcheck(scan, (a, b, state))


@KINDS
def test_members_are_batched(kind: type[Gated] | type[Rotating]) -> None:
    layers = [Recurrent(kind(3, 4), "scan") for _ in range(3)]
    weights, buffers = stack_module_state(layers)
    x = torch.randn(2, 5, 3)

    def loss(weight: dict[str, Tensor], buffer: dict[str, Tensor]) -> Tensor:
        output, _ = functional_call(layers[0], (weight, buffer), (x,))
        return output.square().sum()

    together = vmap(torch.func.grad(loss))(weights, buffers)
    for index, layer in enumerate(layers):
        output, _ = layer(x)
        alone = torch.autograd.grad(
            output.square().sum(), list(layer.parameters()), allow_unused=True
        )
        for (name, _), gradient in zip(layer.named_parameters(), alone, strict=True):
            assert gradient is not None
            torch.testing.assert_close(together[name][index], gradient)


def test_a_state_keeps_its_dtype_under_autocast() -> None:
    layer = Recurrent(Gated(3, 4), "scan")
    with torch.autocast("cpu", torch.bfloat16):
        _, last = layer(torch.randn(2, 5, 3))
    assert last.dtype == torch.float32


def test_it_runs_without_values() -> None:
    layer = Recurrent(Gated(3, 4), "scan").to("meta")
    output, last = layer(torch.zeros(2, 5, 3, device="meta"))
    assert (output.shape, last.shape) == ((2, 5, 4), (2, 4))


def test_what_is_not_affine_is_refused() -> None:
    engine = ENGINES["scan"]
    assert engine.cell_refusal(GRU(3, 4)) == "GRU is not affine"
    assert engine.cell_refusal(Stubborn(3, 4)) == "Stubborn overrides step()"
    assert engine.cell_refusal(Gated(3, 4)) is None


def test_auto_takes_it() -> None:
    layer = Recurrent(Gated(3, 4))
    layer(torch.randn(2, 5, 3))
    assert layer.engines() == {"recurrent": "scan (the recurrence of this cell is affine)"}
