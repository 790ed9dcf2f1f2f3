"""What is asked of Slurm itself: by its own commands, which are few and cheap.

No accounting is needed: small clusters have none.
"""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterable, Mapping
from typing import Any

from rnnlab.errors import ConfigError

_PATIENCE = 60.0  # seconds for a busy controller
_LATER = ("controller", "try again", "timed out")
HELD = "HELD"
"""The state of a job that Slurm could not start once more, and waits to be told that it may."""

_HELD_BECAUSE = "launch failed requeued held"
_NO_NEWS = ("Try ", "sbatch: Try ")


class NoAnswer(ConfigError):
    """Slurm does not answer now; it may later: exit code 2."""

    def __init__(self, why: str) -> None:
        super().__init__(f"Slurm does not answer: {why}", key="executor.kind", value="slurm")


def states(jobs: Iterable[str]) -> dict[str, str]:
    """Return the states of jobs, such as PENDING; those that Slurm has forgotten are left out.

    Args:
        jobs: Their numbers: ``123``, or ``123_4`` for one of an array.

    Raises:
        NoAnswer: Slurm does not answer.
    """
    jobs = set(jobs)
    if not jobs:
        return {}
    wanted = ",".join(sorted({job.partition("_")[0] for job in jobs}))
    done = _run(
        *(
            "squeue",
            "--noheader",
            "--array",
            "--states=all",
            "--format=%i|%T|%r",
            f"--jobs={wanted}",
        )
    )
    if done.returncode != 0 and "Invalid job id" not in done.stderr:
        raise NoAnswer(said(done.stderr))
    found = {}
    for line in done.stdout.splitlines():
        job, state, reason = (*line.strip().split("|", 2), "", "")[:3]
        found[job] = HELD if reason.startswith(_HELD_BECAUSE) else state
    return {job: state for job, state in found.items() if job in jobs}


def release(jobs: Iterable[str]) -> None:
    """Let jobs be started that are held.

    Raises:
        NoAnswer: Slurm does not answer.
    """
    for job in jobs:
        _run("scontrol", "release", job)


def cancel(jobs: Iterable[str]) -> None:
    """Take jobs out of the queue, and end those that run.

    Raises:
        NoAnswer: Slurm does not answer.
    """
    _scancel(jobs)


def send(jobs: Iterable[str], number: int) -> None:
    """Send a signal to the processes of jobs that run.

    Args:
        jobs: They must run: one of an array that waits has the number of the array itself, and all
            others of the array would get its signal.
        number: The signal.

    Raises:
        NoAnswer: Slurm does not answer.
    """
    # To the processes that srun has started, and not to the shell around it.
    _scancel(jobs, f"--signal={signal.Signals(number).name.removeprefix('SIG')}")


def offers_accelerators(partition: str | None) -> bool:
    """Return whether a node has accelerators that jobs can ask for.

    Raises:
        NoAnswer: Slurm does not answer.
    """
    where = [] if partition is None else [f"--partition={partition}"]
    done = _run("sinfo", "--noheader", "--format=%G", *where)
    if done.returncode != 0:
        raise NoAnswer(said(done.stderr))
    return "gpu" in done.stdout


def check(parameters: Mapping[str, Any]) -> None:
    """Check that Slurm would take a job; none is submitted.

    Args:
        parameters: Options of sbatch by their long names; true for one without a value.

    Raises:
        ConfigError: It would not; the message is Slurm's own.
    """
    given = [
        f"--{key}" if value is True else f"--{key}={value}" for key, value in parameters.items()
    ]
    done = _run("sbatch", "--test-only", *given, "--wrap=true")
    # That all nodes are taken now is no mistake.
    if done.returncode != 0 and "busy" not in done.stderr:
        raise ConfigError(f"Slurm refuses the jobs: {said(done.stderr)}", key="executor")


def said(text: str) -> str:
    """Return the first thing that a command of Slurm complains of, without who says it."""
    lines = [line.strip() for line in text.splitlines()]
    for line in lines:
        if line and not line.startswith(_NO_NEWS):
            for prefix in ("sbatch:", "squeue:", "sinfo:", "scancel:", "error:", "fatal:"):
                line = line.removeprefix(prefix).strip()
            return line
    return "it gives no reason"


def _scancel(jobs: Iterable[str], *options: str) -> None:
    jobs = sorted(jobs)
    if not jobs:
        return
    done = _run("scancel", "--quiet", *options, *jobs)
    # A job that has just ended is where it was to be.
    if done.returncode != 0 and any(words in done.stderr for words in _LATER):
        raise NoAnswer(said(done.stderr))


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    try:
        # Ctrl-C is for the driver.
        return subprocess.run(
            command, capture_output=True, text=True, timeout=_PATIENCE, start_new_session=True
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoAnswer(f"{command[0]}: {error}") from error
