"""A program over time, as one node of autograd."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from rnnlab.recurrence.engines.compiled.lowering import Lowering
from rnnlab.recurrence.engines.compiled.program import StepProgram

_TWICE = b"engine compiled can be differentiated once: for second derivatives take engine=loop"


@dataclass(frozen=True)
class Sequence:
    """What a program runs over.

    Args:
        z: The projected input, ``(T, B, ...)`` for each leaf.
        state: The state before the first step, ``(B, ...)`` for each leaf.
        initial: The state that a reset returns to, for each leaf; empty without resets.
        weights: The tensors that are the same for all rows.
        valid: ``(T, B)`` bool, or None where all steps are valid.
        reset: ``(T, B)`` bool, False in steps that are not valid, or None.
    """

    z: list[Tensor]
    state: list[Tensor]
    initial: list[Tensor]
    weights: list[Tensor]
    valid: Tensor | None
    reset: Tensor | None


def run_over_time(
    program: StepProgram, lowering: Lowering, sequence: Sequence
) -> tuple[list[Tensor], list[Tensor]]:
    """Run all steps.

    Returns:
        For each leaf of the state its values after all steps, ``(T, B, ...)``, and after the last
        one, ``(B, ...)``. They can be differentiated once.
    """
    tensors = [*sequence.z, *sequence.state, *sequence.initial, *sequence.weights]
    if torch.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors):
        outputs = _OverTime.apply(program, lowering, sequence, *tensors)
        count = program.leaves.state
        return list(outputs[:count]), list(outputs[count:])
    with torch.no_grad():
        constants = list(program.prologue(*sequence.weights))
        states, _ = lowering.forward(
            sequence.z,
            sequence.state,
            constants,
            sequence.valid,
            sequence.reset,
            sequence.initial or None,
            save=False,
        )
    return [leaf[1:] for leaf in states], [leaf[-1] for leaf in states]


class _OverTime(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, program: StepProgram, lowering: Lowering, sequence: Sequence, *tensors: Tensor
    ) -> tuple[Tensor, ...]:
        constants = list(program.prologue.forward(*sequence.weights))
        initial = sequence.initial or None
        states, saved = lowering.forward(
            sequence.z,
            sequence.state,
            constants,
            sequence.valid,
            sequence.reset,
            initial,
            save=True,
        )
        read = program.reads["adjoint"] | program.reads["gradients"]
        # What the backward pass does not read need not be kept in memory until then.
        kept = [leaf if i in read else None for i, leaf in enumerate(sequence.z)]
        ctx.program, ctx.lowering = program, lowering
        ctx.counts = [len(kept), len(states), len(saved), len(constants), len(sequence.initial)]
        ctx.save_for_backward(
            *kept,
            *states,
            *saved,
            *constants,
            *sequence.initial,
            *sequence.weights,
            sequence.valid,
            sequence.reset,
        )
        ctx.set_materialize_grads(False)
        after = [leaf[1:] for leaf in states]
        last = [leaf[-1].clone() for leaf in states]
        counters = [leaf for leaf in (*after, *last) if not _has_gradient(leaf)]
        ctx.mark_non_differentiable(*counters)
        return *after, *last

    @staticmethod
    def backward(ctx: Any, *outputs: Tensor | None) -> tuple[Tensor | None, ...]:
        with torch.no_grad():
            gradients = _gradients(ctx, outputs)
        if torch.is_grad_enabled():
            gradients = [None if g is None else _differentiable_once(g) for g in gradients]
        return None, None, None, *gradients


def _differentiable_once(gradient: Tensor) -> Tensor:
    refusing = torch._C._functions.DelayedError(_TWICE, 1)
    marked: Tensor = refusing(gradient.detach().requires_grad_())
    return marked


def _gradients(ctx: Any, outputs: tuple[Tensor | None, ...]) -> list[Tensor | None]:
    program: StepProgram = ctx.program
    *tensors, valid, reset = ctx.saved_tensors
    z, states, saved, constants, initial, weights = _split(tensors, ctx.counts)
    count = program.leaves.state
    of_states = [
        _with_last(leaf, every, last)
        for leaf, every, last in zip(states, outputs[:count], outputs[count:], strict=True)
    ]
    adjoint = ctx.lowering.adjoint(
        z, states, saved, constants, of_states, valid, reset, initial or None
    )
    before: list[Tensor] = [leaf[:-1] for leaf in states]
    if reset is not None:
        before = [
            torch.where(_like(reset, old), first, old)
            for first, old in zip(initial, before, strict=True)
        ]
    after = [leaf[1:] for leaf in states]
    rows = [*z, *before, *after, *saved, *adjoint.deferred, *adjoint.following]
    # Time joins the rows: each product over all steps is one.
    read = program.reads["gradients"]
    folded = [
        leaf.flatten(0, 1) if i in read and leaf is not None else None
        for i, leaf in enumerate(rows)
    ]
    results = program.gradients.forward(*folded, *constants, *weights)
    T, B = states[0].shape[0] - 1, states[0].shape[1]
    of_z = [None if g is None else g.unflatten(0, (T, B)) for g in results[: len(z)]]
    of_initial = adjoint.initial or [None] * len(initial)
    return [*of_z, *adjoint.state, *of_initial, *results[len(z) :]]


def _has_gradient(leaf: Tensor) -> bool:
    return leaf.is_floating_point() or leaf.is_complex()


def _split(tensors: list[Any], counts: list[int]) -> list[list[Any]]:
    parts = []
    for count in counts:
        parts.append(tensors[:count])
        tensors = tensors[count:]
    return [*parts, tensors]


def _with_last(states: Tensor, every: Tensor | None, last: Tensor | None) -> Tensor | None:
    """Return the gradient of all states, with that of the last one added."""
    if last is None:
        return every
    total = torch.zeros_like(states[1:]) if every is None else every.clone()
    total[-1] += last
    return total


def _like(mask: Tensor, tensor: Tensor) -> Tensor:
    return mask.reshape(*mask.shape, *(1,) * (tensor.dim() - 2))
