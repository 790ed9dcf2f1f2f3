"""A scan in few operations, each on many steps at once."""

from __future__ import annotations

import torch
from torch import Tensor


def parallel_scan(a: Tensor, b: Tensor, state: Tensor) -> Tensor:
    """Return all states of ``s_t = a_t * s_{t-1} + b_t``, in O(log T) operations on O(T) elements.

    Two steps in a row are one affine step, ``s_{t+1} = a_{t+1} a_t s_{t-1} + (a_{t+1} b_t +
    b_{t+1})``. So the steps are joined in pairs, the half as many that come of it are scanned in
    the same way, and each gives the state that its pair ends with; the states in between are one
    step away (the odd-even reduction; Blelloch 1990, "Prefix sums and their applications").

    There are no divisions and no logarithms. Products of ``a`` must be finite numbers: where they
    grow without bound, the states do too, but for those that are exactly zero.

    Args:
        a: ``(B, T, *)``, or with one row or one step for all.
        b: ``(B, T, *)``.
        state: ``(B, *)``, the one before the first step.

    Returns:
        ``(B, T, *)``. Not differentiable: see :func:`rnnlab.recurrence.engines.affine_scan.scan`.
    """
    with torch.no_grad():
        states = torch.empty_like(b, memory_format=torch.contiguous_format)
        _fill(states, a.expand(b.shape), b, state)
        return states


def _fill(states: Tensor, a: Tensor, b: Tensor, state: Tensor) -> None:
    T = b.shape[1]
    if T == 1:
        torch.addcmul(b[:, 0], a[:, 0], state, out=states[:, 0])
        return
    pairs = T // 2 * 2
    first, second = slice(0, pairs, 2), slice(1, pairs, 2)
    ends = states[:, second]
    _fill(
        ends,
        a[:, first] * a[:, second],
        torch.addcmul(b[:, second], a[:, second], b[:, first]),
        state,
    )
    states[:, 0] = torch.addcmul(b[:, 0], a[:, 0], state)
    # The last step is without a pair if T is odd.
    inner = slice(2, None, 2)
    before = states[:, 1 : T - 1 : 2]
    states[:, inner] = torch.addcmul(b[:, inner], a[:, inner], before)
