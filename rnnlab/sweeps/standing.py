"""How a run of a sweep stands, as its folder says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from rnnlab.errors import StorageError
from rnnlab.runs.closing import close
from rnnlab.runs.folder import RunFolder, Status
from rnnlab.runs.ownership import is_abandoned
from rnnlab.sweeps.beat import Watch
from rnnlab.sweeps.swept_run import SweptRun


class Phase(Enum):
    """What is to be done about a run."""

    OPEN = auto()
    """Nobody executes it, and it is not finished: it can be claimed."""
    EXECUTED = auto()
    """Somebody does."""
    FINISHED = auto()
    """Or pruned: nothing more is to come of it."""
    FAILED = auto()
    """It can be claimed too, by whoever thinks that it would not fail again."""


@dataclass(frozen=True)
class Standing:
    """How a run stands.

    Args:
        phase: What is to be done.
        number: Of its last claim; 0 for none.
        attempt: What is believed; None where there is no claim, or it is not ready yet.
        cause: Why it did not finish, where it has ended so.
    """

    phase: Phase
    number: int = 0
    attempt: RunFolder | None = None
    cause: str | None = None


def standing(run: SweptRun, watch: Watch) -> Standing:
    """Return how a run stands; an attempt whose process here is gone is marked as killed.

    Args:
        run: Of the sweep.
        watch: Has seen it before, and tells when to give up an attempt on another machine.
    """
    numbers = run.numbers()
    if not numbers:
        return Standing(Phase.OPEN)
    number, claim = numbers[-1], run.attempt(numbers[-1])
    try:
        said = claim.read_status()
        if is_abandoned(said):
            close(claim)
            said = claim.read_status()
    except StorageError as error:
        # What nobody can read nobody goes on from.
        return Standing(Phase.FAILED, number, claim, str(error))
    # Its claimer fills it within moments, or has died over that.
    attempt = claim if claim.config.exists() else None
    status, cause = said.get("status"), said.get("cause")
    if status in (None, Status.CREATED, Status.RUNNING):
        phase = Phase.OPEN if watch.expired(claim) else Phase.EXECUTED
    elif status in (Status.FINISHED, Status.PRUNED):
        phase = Phase.FINISHED
    elif status == Status.FAILED:
        phase = Phase.FAILED
    else:
        phase = Phase.OPEN
    return Standing(phase, number, attempt, cause)
