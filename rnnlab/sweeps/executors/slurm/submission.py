"""Gives Slurm runs, several as one array job, through submitit."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from io import StringIO
from typing import Any

import submitit
from submitit.core.utils import FailedJobError, FailedSubmissionError

from rnnlab.errors import RnnlabError
from rnnlab.sweeps.executors.executor import Work
from rnnlab.sweeps.executors.slurm.commands import said
from rnnlab.sweeps.executors.slurm.job import Job
from rnnlab.sweeps.executors.slurm.session import Session, Submitted

_OF_A_JOB = ("SLURM_", "SLURMD_", "SRUN_", "SUBMITIT_")
# What interrupts the driver must not interrupt sbatch: nobody would know of the job.
_HELD_BACK = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1}


class NotTaken(RnnlabError):
    """Slurm did not take a job; the message is its own."""


def submit(
    works: Sequence[Work],
    session: Session,
    parameters: Mapping[str, Any],
    *,
    setup: Sequence[str],
    threads: int,
    requeues: int,
) -> list[Submitted]:
    """Submit a job for each run: an array where there are several.

    Args:
        works: The runs.
        session: Where jobs are written down.
        parameters: Options of sbatch by their long names.
        setup: Shell commands before each job.
        threads: How many a run may use.
        requeues: How often a job may be queued again.

    Raises:
        NotTaken: Slurm refused.
        StorageError: The disk refused.
    """
    # -P: it imports no module that happens to lie in the working folder.
    python = f"{shlex.quote(sys.executable)} -P"
    executor = submitit.SlurmExecutor(session.path, max_num_timeout=requeues, python=python)
    given = {key.replace("-", "_"): value for key, value in parameters.items()}
    minutes = given.pop("time")
    executor.update_parameters(
        **({"time": minutes} if isinstance(minutes, int) else {}),
        additional_parameters=given if isinstance(minutes, int) else {"time": minutes, **given},
        array_parallelism=len(works),
        # The job's Slurm does not pass on how many processors a step has.
        srun_args=[f"--cpus-per-task={given['cpus_per_task']}"],
        setup=["export SUBMITIT_PREEMPT_SIGNAL=USR1", *session.setup(), *setup],
        teardown=session.teardown(),
    )
    jobs = [Job(work, threads, requeues, session.path) for work in works]
    with _as_from_outside(), _undisturbed(), redirect_stderr(StringIO()) as complaints:
        try:
            taken = executor.submit_array(jobs)
        except (FailedJobError, FailedSubmissionError, OSError) as error:
            raise NotTaken(said(complaints.getvalue() or str(error))) from error
    submitted = [
        Submitted(job.job_id, work.run, work.after, session)
        for job, work in zip(taken, works, strict=True)
    ]
    session.note(submitted)
    return submitted


@contextmanager
def _as_from_outside() -> Iterator[None]:
    """Hide the job that the driver itself may run in: the new ones would take after it."""
    hidden = {}
    if "SLURM_JOB_ID" in os.environ:
        for name in list(os.environ):
            if name.startswith(_OF_A_JOB) and name != "SLURM_CONF":
                hidden[name] = os.environ.pop(name)
    try:
        yield
    finally:
        os.environ.update(hidden)


@contextmanager
def _undisturbed() -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _HELD_BACK)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
