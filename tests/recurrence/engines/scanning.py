"""What the tests of the scan share: the ways to compute it, and a plain loop as the oracle."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import torch
from torch import Tensor

from rnnlab.recurrence.engines import affine_scan, scan_kernel

WAYS = ("kernel", "sequential", "parallel")


@contextmanager
def computed(way: str) -> Iterator[None]:
    """Compute scans in one of the ways, on this device."""
    if way == "kernel":
        assert scan_kernel.kernel() is not None, "these tests need a C++ compiler"
        yield
        return
    wide = ("cpu",) if way == "parallel" else ()
    with (
        patch.object(affine_scan, "WIDE", wide),
        patch.object(scan_kernel, "kernel", lambda: None),
    ):
        yield


def one_after_the_other(
    a: Tensor,
    b: Tensor,
    state: Tensor,
    initial: Tensor | None = None,
    lengths: Tensor | None = None,
    reset: Tensor | None = None,
    interpolate: bool = False,
) -> Tensor:
    """Return all states, row by row and step by step."""
    a = a.expand(b.shape)
    if interpolate:
        a, b = 1 - a, a * b
    rows = []
    for row in range(b.shape[0]):
        now, states = state[row], []
        for t in range(b.shape[1]):
            if lengths is None or t < lengths[row]:
                if reset is not None and initial is not None and reset[row, t]:
                    now = initial[row]
                now = a[row, t] * now + b[row, t]
            states.append(now)
        rows.append(torch.stack(states))
    return torch.stack(rows)
