"""Step programs cut by hand, and autograd through a plain loop over the same step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx import GraphModule
from torch.fx.experimental.proxy_tensor import make_fx
from torch.fx.experimental.symbolic_shapes import (
    DimDynamic,
    ShapeEnv,
    StatelessSymbolicContext,
)

from rnnlab.recurrence.engines.compiled.lowering import Adjoint, Forward, Lowering
from rnnlab.recurrence.engines.compiled.program import Leaves, StepProgram

Tensors = list[Tensor]


@dataclass(frozen=True)
class Split:
    """A step and its derivatives as functions of lists of tensors.

    Args:
        z: Shapes of the rows of the projected input, without B.
        state: Of the state.
        weights: Shapes of the weights.
        prologue: Weights to constants.
        forward: z, state, constants to next state and saved.
        adjoint: z, state, next, saved, constants, λ to λ of the state and deferred.
        gradients: z, state, next, saved, deferred, λ, constants, weights to gradients.
        kinds: Dtype of each leaf of the state, None for that of the weights.
    """

    z: list[tuple[int, ...]]
    state: list[tuple[int, ...]]
    weights: list[tuple[int, ...]]
    prologue: Callable[[Tensors], Tensors]
    forward: Callable[[Tensors, Tensors, Tensors], tuple[Tensors, Tensors]]
    adjoint: Callable[..., tuple[list[Tensor | None], Tensors]]
    gradients: Callable[..., tuple[list[Tensor | None], list[Tensor | None]]]
    kinds: tuple[torch.dtype | None, ...] = ()

    def kind(self, leaf: int, dtype: torch.dtype) -> torch.dtype:
        """Return the dtype of a leaf of the state."""
        return (self.kinds[leaf] if self.kinds else None) or dtype


def elman(H: int) -> Split:
    """Return Elman's cell: nothing is saved."""

    def forward(z: Tensors, s: Tensors, c: Tensors) -> tuple[Tensors, Tensors]:
        return [(z[0] + torch.addmm(c[2], s[0], c[1])).tanh()], []

    def adjoint(
        z: Tensors, s: Tensors, n: Tensors, saved: Tensors, c: Tensors, λ: Tensors
    ) -> tuple[list[Tensor | None], Tensors]:
        d = λ[0] * (1 - n[0] * n[0])
        return [d @ c[0]], [d]

    def gradients(
        z: Tensors, s: Tensors, n: Tensors, saved: Tensors, d: Tensors, λ: Tensors, *_: Tensors
    ) -> tuple[list[Tensor | None], list[Tensor | None]]:
        return [d[0]], [d[0].T @ s[0], d[0].sum(0)]

    def prologue(w: Tensors) -> Tensors:
        return [w[0].clone(), w[0].T, w[1].clone()]

    return Split([(H,)], [(H,)], [(H, H), (H,)], prologue, forward, adjoint, gradients)


def gru(H: int) -> Split:
    """Return Cho's cell with torch's weights: r, u, n."""

    def forward(z: Tensors, s: Tensors, c: Tensors) -> tuple[Tensors, Tensors]:
        g = torch.addmm(c[2], s[0], c[1])
        ru = (z[0][:, : 2 * H] + g[:, : 2 * H]).sigmoid()
        r, u = ru.chunk(2, 1)
        n = (z[0][:, 2 * H :] + r * g[:, 2 * H :]).tanh()
        return [n + u * (s[0] - n)], [ru, n, g[:, 2 * H :].clone()]

    def adjoint(
        z: Tensors, s: Tensors, after: Tensors, saved: Tensors, c: Tensors, λ: Tensors
    ) -> tuple[list[Tensor | None], Tensors]:
        (r, u), n, g = saved[0].chunk(2, 1), saved[1], saved[2]
        dn = λ[0] * (1 - u) * (1 - n * n)
        du = λ[0] * (s[0] - n) * u * (1 - u)
        dr = dn * g * r * (1 - r)
        d = torch.cat([dr, du, dn * r], 1)
        return [λ[0] * u + d @ c[0]], [d, dn]

    def gradients(
        z: Tensors, s: Tensors, n: Tensors, saved: Tensors, d: Tensors, λ: Tensors, *_: Tensors
    ) -> tuple[list[Tensor | None], list[Tensor | None]]:
        return [torch.cat([d[0][:, : 2 * H], d[1]], 1)], [d[0].T @ s[0], d[0].sum(0)]

    def prologue(w: Tensors) -> Tensors:
        return [w[0].clone(), w[0].T, w[1].clone()]

    return Split([(3 * H,)], [(H,)], [(3 * H, H), (3 * H,)], prologue, forward, adjoint, gradients)


def lstm(H: int) -> Split:
    """Return Hochreiter's cell with forget gates: a state of two leaves; i, f, g, o."""

    def forward(z: Tensors, s: Tensors, c: Tensors) -> tuple[Tensors, Tensors]:
        i, f, g, o = torch.addmm(z[0], s[0], c[1]).chunk(4, 1)
        i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
        cell = f * s[1] + i * g
        return [o * cell.tanh(), cell], [i, f, g, o]

    def adjoint(
        z: Tensors, s: Tensors, n: Tensors, saved: Tensors, c: Tensors, λ: Tensors
    ) -> tuple[list[Tensor | None], Tensors]:
        i, f, g, o = saved
        t = n[1].tanh()
        dc = λ[1] + λ[0] * o * (1 - t * t)
        parts = [
            dc * g * i * (1 - i),
            dc * s[1] * f * (1 - f),
            dc * i * (1 - g * g),
            λ[0] * t * o * (1 - o),
        ]
        d = torch.cat(parts, 1)
        return [d @ c[0], dc * f], [d]

    def gradients(
        z: Tensors, s: Tensors, n: Tensors, saved: Tensors, d: Tensors, λ: Tensors, *_: Tensors
    ) -> tuple[list[Tensor | None], list[Tensor | None]]:
        return [d[0]], [d[0].T @ s[0]]

    def prologue(w: Tensors) -> Tensors:
        return [w[0].clone(), w[0].T]

    return Split([(4 * H,)], [(H,), (H,)], [(4 * H, H)], prologue, forward, adjoint, gradients)


def tree(H: int) -> Split:
    """Return a cell that saves nothing, with a count, a matrix and a complex leaf as its state.

    The matrix is read by a vector, the complex leaf turns; no gradient passes through the count.
    The gradients read λ.
    """

    def step(z: Tensors, s: Tensors, w: Tensors) -> Tensors:
        count, matrix, turning = s
        read = torch.einsum("bij,bj->bi", matrix, z[1])
        # torch.complex takes the batch for a fixed number where shapes are symbolic.
        new = torch.view_as_complex(torch.stack([z[0], read], -1))
        turned = turning * torch.polar(torch.ones_like(w[1]), w[1]) + new
        key = (turned.real @ w[0]).tanh()
        written = 0.9 * matrix + torch.einsum("bi,bj->bij", key, z[1]) / (count + 2)[:, None, None]
        return [count + 1, written, turned]

    def forward(z: Tensors, s: Tensors, c: Tensors) -> tuple[Tensors, Tensors]:
        return step(z, s, c), []

    def adjoint(
        z: Tensors, s: Tensors, n: Tensors, saved: Tensors, c: Tensors, λ: Tensors
    ) -> tuple[list[Tensor | None], Tensors]:
        _, pull = torch.func.vjp(lambda m, t: step(z, [s[0], m, t], c)[1:], *s[1:])
        return [None, *pull(λ[1:])], []

    def gradients(
        z: Tensors,
        s: Tensors,
        n: Tensors,
        saved: Tensors,
        d: Tensors,
        λ: Tensors,
        c: Tensors,
        w: Tensors,
    ) -> tuple[list[Tensor | None], list[Tensor | None]]:
        _, pull = torch.func.vjp(lambda a, b, p, q: step([a, b], s, [p, q])[1:], *z, *w)
        a, b, p, q = pull(λ[1:])
        return [a, b], [p, q]

    return Split(
        [(H,), (2,)],
        [(), (H, 2), (H,)],
        [(H, H), (H,)],
        lambda w: [each.clone() for each in w],
        forward,
        adjoint,
        gradients,
        (torch.int64, None, torch.complex128),
    )


def program(split: Split, dtype: torch.dtype = torch.float64) -> StepProgram:
    """Trace a split into graphs with a symbolic batch."""
    mode = FakeTensorMode(shape_env=ShapeEnv())
    context = StatelessSymbolicContext(dynamic_sizes=[DimDynamic.DYNAMIC])
    B = mode.from_tensor(torch.empty(7), symbolic_context=context).shape[0]

    def rows(*shape: int, dtype: torch.dtype = dtype) -> Tensor:
        with mode:
            return torch.empty(B, *shape, dtype=dtype)

    def state() -> Tensors:
        kinds = (split.kind(leaf, dtype) for leaf in range(len(split.state)))
        return [rows(*shape, dtype=kind) for shape, kind in zip(split.state, kinds, strict=True)]

    z = [rows(*shape) for shape in split.z]
    with mode:
        weights = [torch.empty(shape, dtype=dtype) for shape in split.weights]
        constants = split.prologue(weights)
        _, saved = split.forward(z, state(), constants)
        _, deferred = split.adjoint(z, state(), state(), saved, constants, state())
    adjoint = [z, state(), state(), saved, constants, state()]
    gradients = [z, state(), state(), saved, deferred, state(), constants, weights]
    graphs = [
        _graph(lambda w: (split.prologue(w),), [weights]),
        _graph(split.forward, [z, state(), constants]),
        _graph(split.adjoint, adjoint),
        _graph(split.gradients, gradients),
    ]
    return StepProgram(
        *graphs,
        leaves=Leaves(
            len(z), len(split.state), len(weights), len(constants), len(saved), len(deferred)
        ),
        reads={"adjoint": _read(graphs[2]), "gradients": _read(graphs[3])},
    )


def _graph(function: Callable[..., tuple[Tensors, ...]], parts: list[Tensors]) -> GraphModule:
    sizes = [len(part) for part in parts]

    def flat(*inputs: Tensor) -> Tensors:
        remaining = iter(inputs)
        split = [[next(remaining) for _ in range(size)] for size in sizes]
        return [leaf for part in function(*split) for leaf in part]

    return make_fx(flat, tracing_mode="symbolic")(*(leaf for part in parts for leaf in part))


def _read(graph: GraphModule) -> frozenset[int]:
    inputs = [node for node in graph.graph.nodes if node.op == "placeholder"]
    return frozenset(i for i, node in enumerate(inputs) if node.users)


@dataclass
class Case:
    """Numbers for a split: z ``(T, B, ...)``, state and initial ``(B, ...)``, and weights."""

    z: Tensors
    state: Tensors
    initial: Tensors
    weights: Tensors
    valid: Tensor | None
    reset: Tensor | None


def case(
    split: Split,
    T: int,
    B: int,
    *,
    lengths: bool = False,
    resets: bool = False,
    dtype: torch.dtype = torch.float64,
) -> Case:
    """Draw numbers; padding is NaN, and a row may be empty."""

    def state() -> Tensors:
        leaves = []
        for leaf, shape in enumerate(split.state):
            kind = split.kind(leaf, dtype)
            real = torch.randn(B, *shape, dtype=dtype)
            leaves.append(real.abs().ceil().to(kind) if kind is torch.int64 else real.to(kind))
        return leaves

    z = [torch.randn(T, B, *shape, dtype=dtype) for shape in split.z]
    valid = torch.arange(T)[:, None] < torch.randint(0, T + 1, (B,)) if lengths else None
    reset = torch.rand(T, B) < 0.3 if resets else None
    if valid is not None:
        z = [leaf.masked_fill(~_like(valid, leaf), float("nan")) for leaf in z]
        reset = None if reset is None else reset & valid
    weights = [torch.randn(shape, dtype=dtype) / shape[-1] ** 0.5 for shape in split.weights]
    return Case(z, state(), state(), weights, valid, reset)


def by_autograd(split: Split, case: Case, gradients: Tensors) -> tuple[Tensors, Tensors]:
    """Return states and gradients of z, weights, state and initial, as a plain loop has them."""

    def leaf(tensor: Tensor) -> Tensor:
        real = tensor.is_floating_point() or tensor.is_complex()
        return tensor.clone().requires_grad_(real)

    z, weights = [leaf(each) for each in case.z], [leaf(each) for each in case.weights]
    first, initial = [leaf(each) for each in case.state], [leaf(each) for each in case.initial]
    states = [first]
    for t in range(z[0].shape[0]):
        before = states[-1]
        if case.reset is not None:
            pairs = zip(initial, before, strict=True)
            before = [torch.where(_like(case.reset[t], old), new, old) for new, old in pairs]
        inputs = [each[t] for each in z]
        if case.valid is not None:
            inputs = [
                torch.where(_like(case.valid[t], each), each, torch.zeros_like(each))
                for each in inputs
            ]
        after, _ = split.forward(inputs, before, split.prologue(weights))
        if case.valid is not None:
            pairs = zip(after, before, strict=True)
            after = [torch.where(_like(case.valid[t], old), new, old) for new, old in pairs]
        states.append(after)
    stacked = [torch.stack(each) for each in zip(*states, strict=True)]
    total = torch.zeros(())
    for states_, gradient in zip(stacked, gradients, strict=True):
        if states_.requires_grad:
            total = total + (states_[1:] * gradient.conj()).sum().real
    sources = [each for each in (*z, *weights, *first, *initial) if each.requires_grad]
    found = torch.autograd.grad(total, sources, allow_unused=True)
    zeros = (torch.zeros_like(source) for source in sources)
    filled = [zero if each is None else each for each, zero in zip(found, zeros, strict=True)]
    return [each.detach() for each in stacked], filled


def gradients_of_states(
    split: Split, T: int, B: int, dtype: torch.dtype = torch.float64
) -> Tensors:
    """Draw the gradients that arrive at the states, ``(T, B, ...)`` each."""
    kinds = [split.kind(leaf, dtype) for leaf in range(len(split.state))]
    return [
        torch.zeros(T, B, *shape, dtype=kind)
        if kind is torch.int64
        else torch.randn(T, B, *shape, dtype=kind)
        for shape, kind in zip(split.state, kinds, strict=True)
    ]


def run(
    lowering: Lowering, step: StepProgram, case: Case, gradients: list[Tensor | None]
) -> tuple[Forward, Adjoint, Tensors, Tensors]:
    """Return what a lowering does and the gradients as in :func:`by_autograd`."""
    constants = list(step.prologue(*case.weights))
    initial = None if case.reset is None else case.initial
    masks = (case.valid, case.reset, initial)
    forward = lowering.forward(case.z, case.state, constants, *masks, save=True)
    adjoint = lowering.adjoint(case.z, *forward, constants, gradients, *masks)

    def folded(tensor: Tensor | None) -> Tensor | None:
        return None if tensor is None else tensor.flatten(0, 1)

    z, before = case.z, [leaf[:-1] for leaf in forward.states]
    if case.valid is not None:
        mask = case.valid
        z = [torch.where(_like(mask, leaf), leaf, torch.zeros_like(leaf)) for leaf in z]
    if case.reset is not None:
        mask = case.reset
        pairs = zip(case.initial, before, strict=True)
        before = [torch.where(_like(mask, old), new, old) for new, old in pairs]
    after = [leaf[1:] for leaf in forward.states]
    rows = [*z, *before, *after, *forward.saved, *adjoint.deferred, *adjoint.following]
    found = step.gradients(*(folded(each) for each in rows), *constants, *case.weights)
    of_z = [
        torch.zeros_like(leaf) if each is None else each.reshape(leaf.shape)
        for each, leaf in zip(found, z, strict=False)
    ]
    start = [each for each in adjoint.state if each.dtype != torch.int64]
    if adjoint.initial is None:
        first = [torch.zeros_like(each) for each in start]
    else:
        first = [each for each in adjoint.initial if each.dtype != torch.int64]
    return forward, adjoint, forward.states, [*of_z, *found[len(z) :], *start, *first]


def _like(mask: Tensor, tensor: Tensor) -> Tensor:
    return mask.reshape(*mask.shape, *(1,) * (tensor.dim() - mask.dim()))
