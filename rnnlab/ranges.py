"""The range that a number must lie in, declared beside its type.

``hidden_size: Annotated[int, Range(min=1)]`` in a constructor's signature is checked when a config
is validated, and shown by ``rnnlab show``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Range:
    """Bounds of a number; each may be left out.

    Args:
        min: Smallest value allowed.
        max: Greatest value allowed.
        above: A value that must be exceeded.
        below: A value that must not be reached.
    """

    min: float | None = None
    max: float | None = None
    above: float | None = None
    below: float | None = None

    def refusal(self, value: float) -> str | None:
        """Return why ``value`` is out of range, or None when it lies within. NaN never does."""
        inside = (
            (self.min is None or value >= self.min)
            and (self.max is None or value <= self.max)
            and (self.above is None or value > self.above)
            and (self.below is None or value < self.below)
            and value == value
        )
        return None if inside else f"must be {str(self) or 'a number'}"

    def __str__(self) -> str:
        parts = [
            f"{sign} {bound}" if isinstance(bound, int) else f"{sign} {bound:g}"
            for sign, bound in (
                (">=", self.min),
                (">", self.above),
                ("<=", self.max),
                ("<", self.below),
            )
            if bound is not None
        ]
        return " and ".join(parts)
