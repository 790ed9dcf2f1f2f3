"""What executes one run of a sweep: claims it, executes the claim, and says how that ended."""

from __future__ import annotations

import logging
import os
import signal
import sys
import traceback
from pathlib import Path

from rnnlab.errors import Interrupted, Pruned, RnnlabError, lines
from rnnlab.runs.closing import close
from rnnlab.runs.execute import execute
from rnnlab.runs.folder import RunFolder, Status
from rnnlab.runs.ownership import is_abandoned
from rnnlab.sweeps.beat import beating
from rnnlab.sweeps.disk import DISK, is_refusal
from rnnlab.sweeps.executors.executor import Work
from rnnlab.sweeps.swept_run import SweptRun
from rnnlab.sweeps.trial_ticket import TrialTicket
from rnnlab.training.pruning import Pruning

TAKEN = 76
"""The exit code of a worker that came too late: somebody else has the run."""

_GOES_ON = (Status.KILLED, Status.PREEMPTED, Status.FAILED)
_log = logging.getLogger(__name__)


def work(task: Work) -> int:
    """Execute a run, unless somebody else does, and return the exit code.

    Everything that is printed meanwhile goes into ``output.txt`` of the attempt.
    """
    run = SweptRun(task.run)
    try:
        attempt = _claimed(run, task.after)
        if attempt is None:
            return TAKEN
        _print_into(attempt.path / "output.txt")
        with beating(attempt, task.beat, lambda: _leave_if_superseded(run, attempt)):
            execute(attempt, resume=True, tracked=False, pruning=_pruning(run))
    except Pruned as pruned:
        _log.info("%s", pruned)
        return Pruned.exit_code
    except (RnnlabError, Interrupted) as error:
        if is_refusal(error):
            return DISK  # which the driver tells once, for all that meet it
        for line in lines(error):
            sys.stderr.write(f"rnnlab: error: {line}\n")
        return error.exit_code
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _pruning(run: SweptRun) -> Pruning | None:
    """Return what asks the study of a search whether a run of it is to be given up."""
    ticket = TrialTicket.read(run.path)
    if ticket is None or ticket.pruner is None:
        return None
    # Late: only a search needs Optuna.
    from rnnlab.sweeps.trial_reports import TrialReports

    reports = TrialReports(ticket, ticket.pruner, run.path.parents[1])
    return Pruning(ticket.objective, reports)


def _claimed(run: SweptRun, after: int) -> RunFolder | None:
    numbers = run.numbers()
    if numbers and numbers[-1] > after:
        # The same job once more: its machine was needed for something else meanwhile.
        believed = run.believed()
        if believed is not None and is_abandoned(believed.read_status()):
            close(believed)
        if believed is None or believed.read_status().get("status") not in _GOES_ON:
            return None
        after = numbers[-1]
    return run.claim(after)


def _leave_if_superseded(run: SweptRun, attempt: RunFolder) -> None:
    if not run.is_believed(attempt):
        # Nobody believes what it writes: it only takes the time of others.
        _log.warning("another worker has taken the run over; this one ends")
        os.kill(os.getpid(), signal.SIGTERM)


def _print_into(path: Path) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)
