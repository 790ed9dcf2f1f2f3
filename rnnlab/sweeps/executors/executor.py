"""What the driver of a sweep asks of whatever executes its runs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar


@dataclass(frozen=True)
class Work:
    """A run to execute.

    Args:
        run: Its folder in the sweep.
        after: The number of its last attempt, 0 for none: what the next one follows.
        beat: Seconds between two signs of life.
        accelerators: How many accelerators it uses; None where it names those it wants.
    """

    run: Path
    after: int
    beat: float = 5.0
    accelerators: int | None = 0


@dataclass(frozen=True)
class Ended:
    """A process that has ended.

    Args:
        run: The run that it was to execute.
        code: Its exit code, negative for a signal; None where nobody knows.
        why: What the executor knows of a process that has not told itself; None beside a code of
            None where its machine is gone, which is no failure of the run.
    """

    run: Path
    code: int | None
    why: str | None = None


class Executor(ABC):
    """Executes runs, several at a time. It never starts one again by itself that has failed."""

    name: ClassVar[str]

    @property
    @abstractmethod
    def slots(self) -> int:
        """How many runs may be given to it at a time."""

    def fits(self, work: Work) -> bool:
        """Return whether what a run needs besides a slot is free now."""
        return True

    def has(self, run: Path) -> bool:
        """Return whether it has a run already, given by a driver that is gone; start takes it."""
        return False

    def waits(self, run: Path) -> bool:
        """Return whether a run that was started still waits for a place."""
        return False

    @abstractmethod
    def start(self, work: Work) -> None:
        """Begin to execute a run, as :func:`rnnlab.sweeps.worker.work` does it."""

    @abstractmethod
    def ended(self) -> list[Ended]:
        """Return what has ended since the last call."""

    @abstractmethod
    def signal(self, run: Path, number: int) -> None:
        """Send the process of a run a signal; nothing happens where it has ended."""

    @abstractmethod
    def close(self) -> None:
        """End what is left, at once, and give back what was taken."""
