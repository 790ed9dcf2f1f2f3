"""A job that waits in Slurm's queue, or runs, as its driver sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from rnnlab.sweeps.executors.slurm.session import Submitted
from rnnlab.sweeps.swept_run import SweptRun

RUNNING = frozenset({"RUNNING", "COMPLETING"})
"""The states of a job that has processes."""


@dataclass
class Queued:
    """A job that Slurm has, as far as is known.

    Args:
        submitted: Which.
        state: As Slurm has said last.
        asked: The signals that it was sent.
        over: When it was first seen to be over.
        begun: Whether the run was seen to have begun since the job was queued last.
    """

    submitted: Submitted
    state: str = "PENDING"
    begun: bool = False
    asked: set[int] = field(default_factory=set)
    over: float | None = None

    def __post_init__(self) -> None:
        self._after = self.submitted.after

    @property
    def job(self) -> str:
        """Its number."""
        return self.submitted.job

    @property
    def place(self) -> tuple[Path, str]:
        """Which job it is, and of which session: Slurm may begin to count anew."""
        return self.submitted.session.path, self.job

    @property
    def attempt(self) -> int:
        """The number of the last attempt at the run, 0 for none."""
        return (SweptRun(self.submitted.run).numbers() or [0])[-1]

    @property
    def claimed(self) -> bool:
        """Whether somebody has claimed the run since the job was submitted."""
        return self.attempt > self.submitted.after

    def is_now(self, state: str) -> None:
        """Note what Slurm says, and whether its process has begun with the run."""
        if state == "PENDING" != self.state:
            self.begun, self._after = False, self.attempt
        elif state in RUNNING and not self.begun:
            self.begun = self.attempt > self._after
        self.state = state
