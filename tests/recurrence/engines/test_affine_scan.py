from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.func import grad, vmap

from rnnlab.recurrence.engines.affine_scan import scan
from tests.recurrence.engines.scanning import WAYS, computed, one_after_the_other

EVERY_WAY = pytest.mark.parametrize("way", WAYS)
DTYPES = pytest.mark.parametrize("dtype", [torch.float64, torch.complex128], ids=str)
INTERPOLATE = pytest.mark.parametrize("interpolate", [False, True])
TRAILING = st.lists(st.integers(1, 3), max_size=2).map(tuple)


def inputs(
    B: int, T: int, trailing: tuple[int, ...], dtype: torch.dtype, one_row: bool, one_step: bool
) -> list[Tensor]:
    """Return a, b, state and initial, of which none lies in memory as a kernel would like it."""

    def spread(*shape: int) -> Tensor:
        wide = torch.randn(*shape[:-1], 2 * shape[-1], dtype=dtype)
        return wide[..., ::2].requires_grad_()

    a = spread(1 if one_row else B, 1 if one_step else T, *trailing)
    return [a, spread(B, T, *trailing), spread(B, *trailing), spread(B, *trailing)]


@EVERY_WAY
@DTYPES
@settings(deadline=None, max_examples=40)
@given(
    B=st.integers(1, 3),
    T=st.integers(1, 9),
    trailing=TRAILING,
    seed=st.integers(0, 1000),
    flags=st.tuples(*[st.booleans()] * 7),
)
def test_states_and_gradients_are_those_of_a_loop(
    way: str, dtype: torch.dtype, B: int, T: int, trailing: tuple[int, ...], seed: int, flags: Any
) -> None:
    one_row, one_step, padded, resets, conjugate, interpolate, again = flags
    torch.manual_seed(seed)
    given_ = inputs(B, T, trailing, dtype, one_row, one_step)
    lengths = torch.randint(0, T + 1, (B,)) if padded else None
    reset = torch.rand(B, T) < 0.3 if resets else None
    weights = torch.randn(T, B, *trailing, dtype=dtype).transpose(0, 1)

    def found(run: Any) -> tuple[Tensor, ...]:
        # A lazy conjugate is a view whose memory holds other numbers.
        a, b, state, initial = (x.conj() if conjugate else x for x in given_)
        states = run(a, b, state, initial, lengths, reset, interpolate)
        loss = (states * (weights.conj() if conjugate else weights)).abs().square().sum()
        # Gradients that are to be differentiated again are computed in another way.
        gradients = torch.autograd.grad(loss, given_, allow_unused=True, create_graph=again)
        zeros = (torch.zeros_like(x) for x in given_)
        return states, *(z if g is None else g for g, z in zip(gradients, zeros, strict=True))

    with computed(way):
        ours = found(scan)
    for one, other in zip(ours, found(one_after_the_other), strict=True):
        torch.testing.assert_close(one, other, atol=1e-10, rtol=1e-10)


@EVERY_WAY
@DTYPES
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("shared", [False, True])
@INTERPOLATE
def test_first_and_second_derivatives(
    way: str, dtype: torch.dtype, masked: bool, shared: bool, interpolate: bool
) -> None:
    given_ = inputs(2, 4, (2,), dtype, shared, shared)
    lengths = torch.tensor([4, 2]) if masked else None
    reset = torch.tensor([[False, True, False, True]] * 2) if masked else None

    def run(*tensors: Tensor) -> Tensor:
        return scan(*tensors, lengths, reset, interpolate)

    with computed(way):
        assert torch.autograd.gradcheck(run, given_)
        assert torch.autograd.gradgradcheck(run, given_)


def test_third_derivatives() -> None:
    a = torch.rand(1, 5, 1, dtype=torch.float64, requires_grad=True)
    b, state = torch.ones(1, 5, 1, dtype=torch.float64), torch.ones(1, 1, dtype=torch.float64)

    def third(run: Any) -> Tensor:
        value = run(a, b, state).prod()
        for _ in range(3):
            (slope,) = torch.autograd.grad(value, a, create_graph=True)
            value = slope.prod()
        return value

    torch.testing.assert_close(third(scan), third(one_after_the_other))


@EVERY_WAY
@pytest.mark.parametrize("batched", ["all", "a", "b", "lengths"])
@pytest.mark.parametrize("shared", [False, True])
@INTERPOLATE
def test_members(way: str, batched: str, shared: bool, interpolate: bool) -> None:
    members = 3
    axes: list[int | None] = [None] * 6
    tensors: list[Tensor] = [x.detach() for x in inputs(2, 5, (2,), torch.float64, shared, shared)]
    tensors += [torch.tensor([5, 3]), torch.rand(2, 5) < 0.4]
    several = {"all": range(6), "a": [0], "b": [1], "lengths": [4]}[batched]
    for index in several:
        axes[index] = index % 2
        fresh = [torch.rand_like(x) if x.is_floating_point() else x for x in [tensors[index]] * 3]
        if index == 4:
            fresh = [torch.tensor([5, 3]), torch.tensor([1, 5]), torch.tensor([0, 2])]
        tensors[index] = torch.stack(fresh, axes[index] or 0)

    def loss(*given_: Tensor) -> Tensor:
        return scan(*given_, interpolate).square().sum()

    def slope(*given_: Tensor) -> Tensor:
        first = grad(loss, argnums=(0, 1, 2, 3))(*given_)
        return sum((x.square().sum() for x in first), torch.zeros(()))

    with computed(way):
        for function in (loss, slope):
            gradients = grad(function, argnums=(0, 1, 2, 3))
            together = vmap(gradients, tuple(axes))(*tensors)
            for member in range(members):
                alone = [
                    x if axis is None else x.select(axis, member)
                    for x, axis in zip(tensors, axes, strict=True)
                ]
                for one, other in zip(together, gradients(*alone), strict=True):
                    torch.testing.assert_close(one[member], other)


@INTERPOLATE
def test_members_of_the_gradient(interpolate: bool) -> None:
    a, b, state, _ = inputs(2, 4, (2,), torch.float64, False, False)
    states = scan(a, b, state, interpolate=interpolate)
    cotangents = torch.randn(3, *states.shape, dtype=torch.float64)
    together = torch.autograd.grad(
        states, (a, b, state), cotangents, is_grads_batched=True, retain_graph=True
    )
    for member, cotangent in enumerate(cotangents):
        alone = torch.autograd.grad(states, (a, b, state), cotangent, retain_graph=True)
        for one, other in zip(together, alone, strict=True):
            torch.testing.assert_close(one[member], other)


def test_vmap_inside_of_grad() -> None:
    a, b, state = (torch.rand(3, 2, 4, 2), torch.rand(3, 2, 4, 2), torch.rand(3, 2, 2))
    together = grad(lambda a: vmap(scan)(a, b, state).square().sum())(a)
    alone = [grad(lambda a, m=m: scan(a, b[m], state[m]).square().sum())(a[m]) for m in range(3)]
    torch.testing.assert_close(together, torch.stack(alone))


@pytest.mark.parametrize("name", ["affine_scan", "affine_scan_adjoint"])
@EVERY_WAY
def test_shapes_are_known_without_values(way: str, name: str) -> None:
    a, b, state, initial = (x.detach() for x in inputs(2, 4, (3,), torch.float64, False, True))
    operation = getattr(torch.ops.rnnlab, name)
    for extra in ((None, None, None), (initial, torch.tensor([1, 4]), torch.rand(2, 4) < 0.5)):
        checks = ("test_schema", "test_faketensor")
        for interpolate in (False, True):
            full = a.expand(b.shape) if interpolate else a
            if name == "affine_scan":
                given_ = (full, b, state, *extra, interpolate)
            else:
                given_ = (b, full, b if interpolate else None, b, state, *extra)
            with computed(way):
                torch.library.opcheck(operation, given_, test_utils=checks)


# Torch's own way of compiling a function of autograd.
@pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning")
@INTERPOLATE
def test_a_model_that_holds_it_can_be_compiled(interpolate: bool) -> None:
    a, b = torch.rand(2, 5, 3, requires_grad=True), torch.rand(2, 5, 3, requires_grad=True)

    def loss(a: Tensor, b: Tensor) -> Tensor:
        return scan(a.sigmoid(), b * 2, torch.zeros(2, 3), interpolate=interpolate).square().sum()

    ours = torch.compile(loss, backend="aot_eager", fullgraph=True)(a, b)
    torch.testing.assert_close(ours, loss(a, b))
    for one, other in zip(
        torch.autograd.grad(ours, (a, b)), torch.autograd.grad(loss(a, b), (a, b)), strict=True
    ):
        torch.testing.assert_close(one, other)
