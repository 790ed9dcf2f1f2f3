from __future__ import annotations

import copy
import pickle

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from rnnlab.cells import GRU, AffineCell
from rnnlab.cells.interpolating import InterpolatingCell
from rnnlab.recurrence import Recurrent
from rnnlab.recurrence.engines.registry import ENGINES
from tests.recurrence.engines.scanning import WAYS, computed, one_after_the_other


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


class Averaging(InterpolatingCell, Gated):
    """Goes a part of the way to its input; what it starts from is learnt."""

    def interpolation(self, z: Tensor) -> tuple[Tensor, Tensor]:
        rate, target = z.chunk(2, -1)
        return rate.sigmoid(), target


class Doubling(Averaging):
    """Its coefficients are not those of its parent."""

    def coefficients(self, z: Tensor) -> tuple[Tensor, Tensor]:
        rate, target = self.interpolation(z)
        return 1 - rate, 2 * rate * target


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


Kind = type[Gated] | type[Rotating]
KINDS = pytest.mark.parametrize("kind", [Gated, Averaging, Doubling, Rotating])


def run(
    cell: AffineCell,
    engine: str,
    x: Tensor,
    lengths: Tensor | None,
    reset: Tensor | None,
    reverse: bool = False,
) -> list[Tensor]:
    """Return output, last state and all gradients."""
    x = x.clone().requires_grad_()
    start = torch.full_like(cell.init_state(x.shape[0]), 0.5).detach().requires_grad_()
    output, last = Recurrent(cell, engine, reverse)(x, start, lengths, reset)
    weights = torch.linspace(1, 2, output.numel(), dtype=output.dtype).reshape(output.shape)
    loss = (output * weights).sum() + last.abs().square().sum()
    sources = [x, start, *cell.parameters()]
    gradients = torch.autograd.grad(loss, sources, allow_unused=True)
    zeros = [torch.zeros_like(source) for source in sources]
    filled = [zero if g is None else g for g, zero in zip(gradients, zeros, strict=True)]
    return [output, last, *filled]


@KINDS
@pytest.mark.parametrize("way", WAYS)
@settings(deadline=None, max_examples=30)
@given(
    B=st.integers(1, 4),
    T=st.integers(1, 9),
    seed=st.integers(0, 1000),
    padded=st.booleans(),
    resets=st.booleans(),
    reverse=st.booleans(),
)
def test_it_equals_the_loop(
    kind: Kind,
    way: str,
    B: int,
    T: int,
    seed: int,
    padded: bool,
    resets: bool,
    reverse: bool,
) -> None:
    torch.manual_seed(seed)
    cell = kind(3, 4).double()
    x = torch.randn(B, T, 3, dtype=torch.float64)
    lengths = torch.randint(0, T + 1, (B,)) if padded else None
    reset = torch.rand(B, T) < 0.3 if resets else None
    with computed(way):
        ours = run(cell, "scan", x, lengths, reset, reverse)
    for one, other in zip(ours, run(cell, "loop", x, lengths, reset, reverse), strict=True):
        torch.testing.assert_close(one, other, atol=1e-10, rtol=1e-10)


@KINDS
def test_it_equals_the_loop_on_every_device(kind: Kind, device: torch.device) -> None:
    cell = kind(3, 4).to(device)
    x = torch.randn(2, 100, 3, device=device)
    lengths = torch.tensor([100, 60], device=device)
    reset = torch.rand(2, 100, device=device) < 0.1
    ours, loops = (run(cell, engine, x, lengths, reset) for engine in ("scan", "loop"))
    for one, other in zip(ours, loops, strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)


def test_sequences_of_one_seed_are_bit_equal() -> None:
    torch.manual_seed(0)
    cell, x = Gated(3, 70), torch.randn(5, 200, 3)
    once, again = (run(cell, "scan", x, torch.tensor([200, 9, 0, 1, 77]), None) for _ in range(2))
    assert all(torch.equal(one, other) for one, other in zip(once, again, strict=True))


@KINDS
def test_members_are_batched(kind: Kind) -> None:
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


def test_half_precision_is_summed_in_single() -> None:
    torch.manual_seed(0)
    layer = Recurrent(Gated(3, 4), "scan").to(torch.bfloat16)
    x = torch.randn(2, 300, 3, dtype=torch.bfloat16)
    output, last = layer(x)
    assert (output.dtype, last.dtype) == (torch.bfloat16, torch.bfloat16)
    a, b = layer.cell.coefficients(layer.cell.project(x))
    exact = one_after_the_other(a.double(), b.double(), layer.cell.init_state(2).double())
    torch.testing.assert_close(output, exact.to(torch.bfloat16), atol=1e-2, rtol=1e-2)


def test_a_layer_that_ran_can_be_copied_and_pickled() -> None:
    layer, x = Recurrent(Gated(3, 4), "scan"), torch.randn(2, 5, 3)
    output, _ = layer(x)
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert torch.equal(other(x)[0], output)


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
