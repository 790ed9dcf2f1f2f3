"""Numbers as tables and words show them."""

from __future__ import annotations


def number(value: float | None) -> str:
    """Return a number as tables and words show it."""
    return "–" if value is None else f"{value:.4g}"


def interval(low: float | None, high: float | None) -> str:
    """Return an interval as tables and words show it."""
    return "–" if low is None or high is None else f"[{low:.4g}, {high:.4g}]"


def probability(p: float) -> str:
    """Return ``p = 0.012``; what is tiny is not shown to be exact."""
    return "p < 0.0001" if p < 1e-4 else f"p = {p:.2g}"
