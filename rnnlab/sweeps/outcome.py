"""How a run of a sweep came out."""

from __future__ import annotations

from dataclasses import dataclass

from rnnlab.runs.folder import RunFolder, Status
from rnnlab.sweeps.job import Job


@dataclass(frozen=True)
class Outcome:
    """How a run came out.

    Args:
        job: The run.
        status: How it stands; None where it was not begun.
        cause: Why it did not finish.
        folder: What is believed of it.
    """

    job: Job
    status: Status | None
    cause: str | None = None
    folder: RunFolder | None = None
