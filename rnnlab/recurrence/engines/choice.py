"""Which engine runs a batch, and why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Choice:
    """An engine and why it was taken.

    Args:
        name: Its name in :data:`rnnlab.recurrence.engines.registry.ENGINES`.
        reason: In a few words.
    """

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name} ({self.reason})"
