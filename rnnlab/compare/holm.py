"""Holm's correction for several tests."""

from __future__ import annotations

from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> list[float]:
    """Return adjusted p-values: to reject those up to a level errs in any at most that often.

    The i-th smallest of m is multiplied by m - i + 1, and is at least what the one before it
    became (Holm 1979, A simple sequentially rejective multiple test procedure). Tests may depend on
    each other in any way.
    """
    adjusted = [1.0] * len(p_values)
    least = 0.0
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    for place, index in enumerate(order):
        least = max(least, min(1.0, (len(p_values) - place) * p_values[index]))
        adjusted[index] = least
    return adjusted
