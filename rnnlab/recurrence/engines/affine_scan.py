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
    interpolate: bool = False,
) -> Tensor:
    """Return all states of ``s_t = a_t * s_{t-1} + b_t``.

    Args:
        a: What broadcasts to ``(B, T, *)``; of one row or one step, it is not copied for all.
        b: ``(B, T, *)``.
        state: ``(B, *)``, the one before the first step.
        initial: ``(B, *)``, the one after a reset; needed where there is ``reset``.
        lengths: ``(B,)`` valid steps of each row; after them the state stays. None for T.
        reset: ``(B, T)`` bool, True where ``initial`` comes before a step.
        interpolate: Whether it is ``s_t = (1 - a_t) * s_{t-1} + a_t * b_t`` instead.

    Returns:
        ``(B, T, *)``. Differentiable any number of times, and by ``torch.func.vmap`` too.
    """
    a = a.reshape(*(1,) * (b.dim() - a.dim()), *a.shape)
    a = a.expand(b.shape if interpolate else (*a.shape[:2], *b.shape[2:]))
    initial = None if reset is None else initial
    lengths = None if lengths is None else lengths.to(torch.int64)
    states: Tensor = _Scan.apply(a, b, state, initial, lengths, reset, interpolate)
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
        interpolate: bool,
    ) -> Tensor:
        return cast("Tensor", _run(a, b, state, initial, lengths, reset, interpolate))

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        a, b, *others, interpolate = inputs
        ctx.save_for_backward(a, b if interpolate else None, output, *others)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (gradient,) = gradients
        a, b, *others = ctx.saved_tensors
        if b is None or not torch.is_grad_enabled():
            found = _Adjoint.apply(gradient, a, b, *others)
        else:
            # To be differentiated again, it is written as what it is short for.
            to_kept, to_drive, *rest = _Adjoint.apply(gradient, 1 - a, None, *others)
            found = (b.conj() * to_drive - to_kept, a.conj() * to_drive, *rest)
        to_a, to_b, to_state, to_initial = found
        given = others[2] is not None
        return to_a, to_b, to_state, to_initial if given else None, None, None, None

    @staticmethod
    def vmap(info: Any, in_dims: tuple[Any, ...], *inputs: Any) -> tuple[Tensor, int]:
        *tensors, interpolate = inputs
        joined = _join_members(info.batch_size, in_dims[:-1], tuple(tensors), full=1)
        states: Tensor = _Scan.apply(*joined, interpolate)
        return states.unflatten(0, (info.batch_size, -1)), 0


class _Adjoint(torch.autograd.Function):
    @staticmethod
    def forward(
        gradient: Tensor,
        a: Tensor,
        b: Tensor | None,
        states: Tensor,
        state: Tensor,
        initial: Tensor | None,
        lengths: Tensor | None,
        reset: Tensor | None,
    ) -> tuple[Tensor, ...]:
        return tuple(_run_adjoint(gradient, a, b, states, state, initial, lengths, reset))

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        _, a, b, *others = inputs
        ctx.save_for_backward(output[1], a, *others)
        ctx.interpolates = b is not None

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        if ctx.interpolates:
            raise RuntimeError("the adjoint of an interpolation has no derivative of its own")
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
        return change, a_gradient, None, states_gradient, first, initial_gradient, None, None

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
    schema="(Tensor a, Tensor b, Tensor state, Tensor? initial, Tensor? lengths, Tensor? reset,"
    " bool interpolate) -> Tensor",
)
def _run(
    a: Tensor,
    b: Tensor,
    state: Tensor,
    initial: Tensor | None,
    lengths: Tensor | None,
    reset: Tensor | None,
    interpolate: bool,
) -> Tensor:
    if kernel := _kernel(b):
        return scan_kernel.run(kernel, a, b, state, initial, lengths, reset, interpolate)
    if interpolate:
        a, b = 1 - a, a * b
    return plain_scan.run(_over_time(b), a, b, state, initial, lengths, reset).contiguous()


@torch.library.custom_op(
    "rnnlab::affine_scan_adjoint",
    mutates_args=(),
    schema="(Tensor gradient, Tensor a, Tensor? b, Tensor states, Tensor state,"
    " Tensor? initial, Tensor? lengths, Tensor? reset) -> (Tensor, Tensor, Tensor, Tensor)",
)
def _run_adjoint(
    gradient: Tensor,
    a: Tensor,
    b: Tensor | None,
    states: Tensor,
    state: Tensor,
    initial: Tensor | None,
    lengths: Tensor | None,
    reset: Tensor | None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    # b is given where it interpolates.
    others = states, state, initial, lengths, reset
    if kernel := _kernel(states):
        found = scan_kernel.adjoint(kernel, gradient, a, b, *others)
    else:
        kept = a if b is None else 1 - a
        found = plain_scan.adjoint(_over_time(states), gradient, kept, *others)
        if b is not None:
            to_kept, to_drive, to_state, to_initial = found
            found = b.conj() * to_drive - to_kept, a.conj() * to_drive, to_state, to_initial
    nothing = states.new_empty(states.shape[0], 0)
    given = (nothing if x is None else x.contiguous() for x in found)
    return cast("tuple[Tensor, Tensor, Tensor, Tensor]", tuple(given))


@_run.register_fake
def _(a: Tensor, b: Tensor, *others: Tensor | bool | None) -> Tensor:
    return b.new_empty(b.shape)


@_run_adjoint.register_fake
def _(
    gradient: Tensor,
    a: Tensor,
    b: Tensor | None,
    states: Tensor,
    state: Tensor,
    initial: Tensor | None,
    *others: Tensor | None,
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
