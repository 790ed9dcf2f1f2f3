r"""The scan of an affine recurrence, differentiable, and how it is computed on each device.

With :math:`s_t = a_t s_{t-1} + b_t` and :math:`e_t = \partial L / \partial s_t`, the adjoint is a
scan too, backwards in time: :math:`g_t = e_t + \bar a_{t+1} g_{t+1}`. Then
:math:`\partial L / \partial b_t = g_t` and :math:`\partial L / \partial a_t = \bar s_{t-1} g_t`.
"""

from __future__ import annotations

import ctypes
from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx

from rnnlab.recurrence.engines import plain_scan, scan_kernel
from rnnlab.recurrence.engines.parallel_scan import parallel_scan

WIDE = ("cuda", "mps", "xpu")
"""Devices that compute all steps of a batch in about the time of one."""


def scan(
    a: Tensor,
    b: Tensor,
    state: Tensor,
    initial: Tensor | None = None,
    lengths: Tensor | None = None,
    reset: Tensor | None = None,
) -> Tensor:
    """Return all states of ``s_t = a_t * s_{t-1} + b_t``.

    Args:
        a: What broadcasts to ``(B, T, *)``; of one row or one step, it is not copied for all.
        b: ``(B, T, *)``.
        state: ``(B, *)``, the one before the first step.
        initial: ``(B, *)``, the one after a reset; needed where there is ``reset``.
        lengths: ``(B,)`` valid steps of each row; after them the state stays. None for T.
        reset: ``(B, T)`` bool, True where ``initial`` comes before a step.

    Returns:
        ``(B, T, *)``. Differentiable any number of times, and by ``torch.func.vmap`` too.
    """
    a = a.reshape(*(1,) * (b.dim() - a.dim()), *a.shape)
    a = a.expand(*a.shape[:2], *b.shape[2:])
    lengths = None if lengths is None else lengths.to(torch.int64)
    states: Tensor = _Scan.apply(a, b, state, None if reset is None else initial, lengths, reset)
    return states


# Arguments are spelled out: torch.compile takes the first of an open list for the context.


class _Scan(torch.autograd.Function):
    @staticmethod
    def forward(
        a: Tensor,
        b: Tensor,
        state: Tensor,
        initial: Tensor | None,
        lengths: Tensor | None,
        reset: Tensor | None,
    ) -> Tensor:
        return cast("Tensor", _run(a, b, state, initial, lengths, reset))

    @staticmethod
    def setup_context(ctx: FunctionCtx, inputs: tuple[Any, ...], output: Tensor) -> None:
        a, _, *others = inputs
        ctx.save_for_backward(a, output, *others)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        initial = ctx.saved_tensors[3]
        *found, to_initial = _Adjoint.apply(*gradients, *ctx.saved_tensors)
        return (*found, None if initial is None else to_initial, None, None)

    @staticmethod
    def vmap(info: Any, in_dims: tuple[Any, ...], *inputs: Any) -> tuple[Tensor, int]:
        joined = _join_members(info.batch_size, in_dims, inputs, full=1)
        states: Tensor = _Scan.apply(*joined)
        return states.unflatten(0, (info.batch_size, -1)), 0


class _Adjoint(torch.autograd.Function):
    @staticmethod
    def forward(
        gradient: Tensor,
        a: Tensor,
        states: Tensor,
        state: Tensor,
        initial: Tensor | None,
        lengths: Tensor | None,
        reset: Tensor | None,
    ) -> tuple[Tensor, ...]:
        return tuple(_run_adjoint(gradient, a, states, state, initial, lengths, reset))

    @staticmethod
    def setup_context(ctx: FunctionCtx, inputs: tuple[Any, ...], output: Any) -> None:
        _, *others = inputs
        ctx.save_for_backward(output[1], *others)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        # The adjoint is linear in the gradient of the states, and its own adjoint is what a small
        # change of a, b, state and initial does to them: a scan with the same a.
        g, a, states, state, initial, lengths, reset = ctx.saved_tensors
        to_a, to_b, to_state, to_initial = gradients
        _, fresh = plain_scan.masks(states, lengths, reset)
        before = plain_scan.previous(states, state, initial, fresh)
        change = scan(a, to_b + before * to_a, to_state, to_initial, lengths, reset)
        change_before = plain_scan.previous(change, to_state, to_initial, fresh)
        a_gradient = (change_before.conj() * g).sum_to_size(a.shape)
        before_gradient = to_a.conj() * g
        initial_gradient = None
        if fresh is not None and initial is not None:
            initial_gradient = torch.where(fresh, before_gradient, 0.0).sum(1)
            before_gradient = torch.where(fresh, 0.0, before_gradient)
        first, others = before_gradient[:, 0], before_gradient[:, 1:]
        states_gradient = torch.cat([others, torch.zeros_like(others[:, :1])], 1)
        return change, a_gradient, states_gradient, first, initial_gradient, None, None

    @staticmethod
    def vmap(info: Any, in_dims: tuple[Any, ...], *inputs: Any) -> tuple[tuple[Tensor, ...], Any]:
        joined = _join_members(info.batch_size, in_dims, inputs, full=0)
        # Where one row of a serves all, autograd sums what it is given for each.
        found = (x.unflatten(0, (info.batch_size, -1)) for x in _Adjoint.apply(*joined))
        return tuple(found), (0, 0, 0, 0)


def _join_members(
    members: int, in_dims: tuple[Any, ...], inputs: tuple[Tensor | None, ...], full: int
) -> list[Tensor | None]:
    """Return inputs of many members, ``(N, B, ...)`` somehow, as those of N * B rows."""
    fronted = [
        x if x is None else x.unsqueeze(0) if dim is None else x.movedim(dim, 0)
        for x, dim in zip(inputs, in_dims, strict=True)
    ]
    rows = cast("Tensor", fronted[full]).shape[1]
    return [
        x if x is None else x.expand(members, rows, *x.shape[2:]).flatten(0, 1) for x in fronted
    ]


# As operations of torch's own these are one node each to torch.compile, which cannot look inside.


@torch.library.custom_op(
    "rnnlab::affine_scan",
    mutates_args=(),
    schema="(Tensor a, Tensor b, Tensor state, Tensor? initial, Tensor? lengths, Tensor? reset)"
    " -> Tensor",
)
def _run(
    a: Tensor,
    b: Tensor,
    state: Tensor,
    initial: Tensor | None,
    lengths: Tensor | None,
    reset: Tensor | None,
) -> Tensor:
    if kernel := _kernel(b):
        return scan_kernel.run(kernel, a, b, state, initial, lengths, reset)
    return plain_scan.run(_over_time(b), a, b, state, initial, lengths, reset).contiguous()


@torch.library.custom_op(
    "rnnlab::affine_scan_adjoint",
    mutates_args=(),
    schema="(Tensor gradient, Tensor a, Tensor states, Tensor state, Tensor? initial,"
    " Tensor? lengths, Tensor? reset) -> (Tensor, Tensor, Tensor, Tensor)",
)
def _run_adjoint(
    gradient: Tensor,
    a: Tensor,
    states: Tensor,
    state: Tensor,
    initial: Tensor | None,
    lengths: Tensor | None,
    reset: Tensor | None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    others = gradient, a, states, state, initial, lengths, reset
    if kernel := _kernel(states):
        found = scan_kernel.adjoint(kernel, *others)
    else:
        found = plain_scan.adjoint(_over_time(states), *others)
    to_a, to_b, to_state, to_initial = (
        states.new_empty(states.shape[0], 0) if x is None else x.contiguous() for x in found
    )
    return to_a, to_b, to_state, to_initial


@_run.register_fake
def _(a: Tensor, b: Tensor, *others: Tensor | None) -> Tensor:
    return b.new_empty(b.shape)


@_run_adjoint.register_fake
def _(
    gradient: Tensor, a: Tensor, states: Tensor, state: Tensor, initial: Tensor | None, *_: object
) -> tuple[Tensor, ...]:
    rows = states.shape[0]
    to_initial = (rows, 0) if initial is None else state.shape
    shapes = (a.shape, states.shape, state.shape, to_initial)
    return tuple(states.new_empty(shape) for shape in shapes)


def _kernel(like: Tensor) -> ctypes.CDLL | None:
    known = like.device.type == "cpu" and like.dtype in scan_kernel.NUMBERS
    return scan_kernel.kernel() if known else None


def _over_time(like: Tensor) -> plain_scan.OverTime:
    return parallel_scan if like.device.type in WIDE else plain_scan.sequential_scan
