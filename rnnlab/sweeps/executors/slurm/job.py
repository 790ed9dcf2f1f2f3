"""What a Slurm job does: execute a run, and be queued again where the run was pre-empted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

from submitit.core.utils import DelayedSubmission, UncompletedJobError

from rnnlab.errors import ConfigError, Preempted, RunFailed, StorageError, one_line
from rnnlab.sweeps.executors.executor import Work

_PREEMPTED = Preempted().exit_code


class Job:
    """Executes a run in a job of submitit, which calls it.

    Args:
        work: The run.
        threads: How many the run may use.
        requeues: How often the job may be queued again.
        folder: Of the session: the exit code is written there, and see :func:`asked`.
    """

    def __init__(self, work: Work, threads: int, requeues: int, folder: Path) -> None:
        self.work, self.threads, self.requeues, self.folder = work, threads, requeues, folder

    def __call__(self) -> NoReturn:
        """Execute the run and end the process with its exit code."""
        # Until the run handles signals itself; submitit would have the job not listen.
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        import torch

        # At most: a small model takes one anyway, and who has set OMP_NUM_THREADS had a reason.
        torch.set_num_threads(min(self.threads, torch.get_num_threads()))
        from rnnlab.sweeps.worker import work as execute

        code = execute(self.work)
        if code == _PREEMPTED:
            code = self._queue_again()
        (self.folder / f"{job_id()}.code").write_text(str(code))
        sys.stdout.flush()
        sys.stderr.flush()
        # Readers of data and others' threads must not keep what has ended alive.
        os._exit(code)

    def checkpoint(self) -> DelayedSubmission | None:
        """Return what the job does when it comes to run again; None where it is not to.

        The run's folder knows where the run goes on, so this is the same once more.
        """
        if self._is_asked() or _restarts() >= self.requeues:
            return None
        return DelayedSubmission(self)

    def _queue_again(self) -> int:
        """Queue the job again, which ends this process; return an exit code where it is not to."""
        # Slurm ends what is left of a job that it queues again.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        try:
            # The run has given the signals back to submitit, which asks for `checkpoint`.
            signal.raise_signal(signal.SIGUSR1)
        except SystemExit:
            # It is, and this is not its end.
            os._exit(_PREEMPTED)
        except UncompletedJobError:
            if self._is_asked():
                return _PREEMPTED
            times = f"executor.requeues={self.requeues}"
            self._fail(f"pre-empted, and its job may not be queued again any more: {times}")
        except (subprocess.SubprocessError, OSError) as error:
            self._fail(f"pre-empted, and Slurm does not queue its job again: {error}")
        return RunFailed.exit_code

    def _is_asked(self) -> bool:
        return asked(self.folder, job_id()).exists()

    def _fail(self, cause: str) -> None:
        from rnnlab.runs.folder import Status
        from rnnlab.runs.ownership import owned
        from rnnlab.sweeps.swept_run import SweptRun

        attempt = SweptRun(self.work.run).believed()
        if attempt is None:
            return
        try:
            with owned(attempt):
                attempt.write_status(Status.FAILED, one_line(cause))
        except (ConfigError, StorageError) as error:
            sys.stderr.write(f"{error}\n")


def asked(folder: Path, job: str) -> Path:
    """Return the file that tells a job that its driver has sent it a signal.

    A job that the driver ends is not queued again; one that Slurm interrupts is.
    """
    return folder / f"{job}.asked"


def job_id() -> str:
    """Return the number of the job that this process belongs to, as Slurm writes it."""
    array = os.environ.get("SLURM_ARRAY_JOB_ID")
    if array is None:
        return os.environ["SLURM_JOB_ID"]
    return f"{array}_{os.environ['SLURM_ARRAY_TASK_ID']}"


def _restarts() -> int:
    return int(os.environ.get("SLURM_RESTART_COUNT", "0"))
