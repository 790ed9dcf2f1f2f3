"""Where a driver gets further runs from, when it has room for one and nothing waits."""

from __future__ import annotations

from abc import ABC, abstractmethod

from rnnlab.sweeps.job import Job
from rnnlab.sweeps.outcome import Outcome
from rnnlab.sweeps.ranking import Scored
from rnnlab.sweeps.swept_run import SweptRun


class Source(ABC):
    """Decides which runs are made while others are being executed.

    Attributes:
        confirming: The runs with fresh seeds of the settings that were best; () before they are
            chosen.
    """

    confirming: tuple[Job, ...] = ()

    @abstractmethod
    def next(self) -> Job | None:
        """Return the next run; None where there is none now."""

    @property
    @abstractmethod
    def exhausted(self) -> bool:
        """Whether there will be none any more."""

    def scored(self) -> list[Scored]:
        """Return the settings that came to something so far, with their values."""
        return []

    def prepare(self, job: Job, run: SweptRun) -> None:
        """Write into the folder of a run what its worker needs; called before it is executed."""
        return

    def close(self) -> None:
        """Give back what was taken."""
        return

    def over(self, outcome: Outcome) -> None:
        """Learn how a run came out."""
        return
