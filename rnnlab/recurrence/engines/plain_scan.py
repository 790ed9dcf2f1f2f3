"""The scan and its adjoint in torch's operations; resets and padding are coefficients."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from rnnlab.data.batch import valid_steps

OverTime = Callable[[Tensor, Tensor, Tensor], Tensor]
"""From a, b and state to all states, without resets and padding."""


def sequential_scan(a: Tensor, b: Tensor, state: Tensor) -> Tensor:
    """Return all states of ``s_t = a_t * s_{t-1} + b_t``, one step after the other.

    Args:
        a: ``(B, T, *)``, or with one row or one step for all.
        b: ``(B, T, *)``.
        state: ``(B, *)``, the one before the first step.
    """
    states = []
    for a_t, b_t in zip(a.expand(b.shape).unbind(1), b.unbind(1), strict=True):
        state = torch.addcmul(b_t, a_t, state)
        states.append(state)
    return torch.stack(states, 1)


def run(
    over_time: OverTime,
    a: Tensor,
    b: Tensor,
    state: Tensor,
    initial: Tensor | None,
    lengths: Tensor | None,
    reset: Tensor | None,
) -> Tensor:
    """Return all states."""
    valid, fresh = masks(b, lengths, reset)
    if fresh is not None and initial is not None:
        # Before such a step the state is the initial one, whatever it was.
        b = torch.where(fresh, a * initial.unsqueeze(1) + b, b)
        a = torch.where(fresh, 0.0, a)
    if valid is not None:
        # In the padding the state stays as it is.
        a, b = torch.where(valid, a, 1.0), torch.where(valid, b, 0.0)
    return over_time(a, b, state)


def adjoint(
    over_time: OverTime,
    gradient: Tensor,
    a: Tensor,
    states: Tensor,
    state: Tensor,
    initial: Tensor | None,
    lengths: Tensor | None,
    reset: Tensor | None,
) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    """Return the gradients of a, b, state and initial."""
    valid, fresh = masks(states, lengths, reset)
    kept = a if valid is None else torch.where(valid, a, 1.0)
    flow = (kept if fresh is None else torch.where(fresh, 0.0, kept)).conj().expand(states.shape)
    following = torch.cat([flow[:, 1:], torch.zeros_like(flow[:, :1])], 1)
    backwards = over_time(following.flip(1), gradient.flip(1), torch.zeros_like(state))
    b_gradient = backwards.flip(1)
    state_gradient = flow[:, 0] * b_gradient[:, 0]
    initial_gradient = None
    if fresh is not None and initial is not None:
        initial_gradient = torch.where(fresh, kept.conj() * b_gradient, 0.0).sum(1)
    if valid is not None:
        b_gradient = torch.where(valid, b_gradient, 0.0)
    before = previous(states, state, initial, fresh)
    a_gradient = (before.conj() * b_gradient).sum_to_size(a.shape)
    return a_gradient, b_gradient, state_gradient, initial_gradient


def masks(
    like: Tensor, lengths: Tensor | None, reset: Tensor | None
) -> tuple[Tensor | None, Tensor | None]:
    """Return which steps are valid, and which of them start anew: for ``(B, T, *)``, or None."""
    shape = (*like.shape[:2], *(1,) * (like.dim() - 2))
    valid = None if lengths is None else valid_steps(lengths, like.shape[1], like).reshape(shape)
    fresh = None if reset is None else reset.reshape(shape)
    if valid is not None and fresh is not None:
        # A reset in the padding must not touch the state that is returned.
        fresh = fresh & valid
    return valid, fresh


def previous(states: Tensor, state: Tensor, initial: Tensor | None, fresh: Tensor | None) -> Tensor:
    """Return the state that each step started from, ``(B, T, *)``."""
    before = torch.cat([state.unsqueeze(1), states[:, :-1]], 1)
    if fresh is None or initial is None:
        return before
    return torch.where(fresh, initial.unsqueeze(1), before)
