"""Which engine runs a batch, and why."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf


@dataclass(frozen=True)
class Choice:
    """An engine and why it was taken.

    Args:
        name: Its name in :data:`rnnlab.recurrence.engines.registry.ENGINES`.
        reason: In a few words.
        detail: What this run has to do with it.
        patience: How many seconds compiling may take for it to have been the right choice.
    """

    name: str
    reason: str
    detail: str = ""
    patience: float = inf

    def __str__(self) -> str:
        return f"{self.name} ({self.reason})"
