"""Execute the runs of a sweep, one after the other, each in a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rnnlab.errors import Interrupted, Preempted, RnnlabError
from rnnlab.runs.closing import close
from rnnlab.runs.create import create_run
from rnnlab.runs.folder import RunFolder, Status
from rnnlab.runs.train import create, prepare
from rnnlab.sweeps.plan import Job

_LOOK_EVERY = 0.1
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1")


@dataclass(frozen=True)
class Outcome:
    """How a run came out.

    Args:
        job: The run.
        status: The status of its folder; None where it has none.
        cause: Why it did not finish.
        folder: Its folder, if it could be made.
    """

    job: Job
    status: Status | None
    cause: str | None
    folder: RunFolder | None


def run_all(
    jobs: Sequence[Job], say: Callable[[str], None]
) -> tuple[list[Outcome], Interrupted | None]:
    """Execute runs in turn; one that fails does not keep the next from being executed.

    A signal is passed on to the run that is being executed, which ends as it would alone; no
    other is begun.

    Args:
        jobs: What to run.
        say: Is told where the sweep is, a line at a time.

    Returns:
        The outcome of each run that was begun, and the signal that ended the sweep, if one did.
    """
    outcomes: list[Outcome] = []
    with _noted() as arrived:
        for number, job in enumerate(jobs, start=1):
            place = f"{number}/{len(jobs)}"
            say(f"{place}  {job}")
            try:
                outcome = _run(job, arrived)
            except Interrupted as interrupt:  # while its folder was being made: there is none
                return outcomes, interrupt
            outcomes.append(outcome)
            said = " ".join(filter(None, [str(outcome.status or "FAILED"), outcome.cause]))
            say(f"{place}  {said}  {outcome.folder.path if outcome.folder else ''}".rstrip())
            if arrived:
                preempted = arrived[0] == getattr(signal, "SIGUSR1", None)
                return outcomes, Preempted() if preempted else Interrupted(arrived[0])
    return outcomes, None


def _run(job: Job, arrived: Sequence[int]) -> Outcome:
    try:
        folder = _made(job)
    except RnnlabError as error:
        return Outcome(job, None, str(error), None)
    code = _execute(folder, arrived)
    status = folder.read_status()
    if status.get("status") == Status.CREATED:  # the process came to an end before it began
        how = f"its process ended with exit code {code}"
        folder.write_status(Status.KILLED if arrived or code < 0 else Status.FAILED, how)
    else:
        close(folder)  # marks it, if the process was killed
    status = folder.read_status()
    return Outcome(job, Status(status["status"]), status.get("cause"), folder)


def _made(job: Job) -> RunFolder:
    config = job.config
    if config.init_from is None:
        return create_run(config, Path(config.output_dir))
    return create(prepare(config))  # only the model tells which weights fit


def _execute(folder: RunFolder, arrived: Sequence[int]) -> int:
    """Execute a folder in another process and return its exit code."""
    # In a session of its own, Ctrl-C does not reach it twice. Progress is for somebody who looks.
    child = subprocess.Popen(
        _command(folder),
        stdin=subprocess.DEVNULL,
        stdout=None if sys.stdout.isatty() else subprocess.DEVNULL,
        start_new_session=True,
    )
    passed_on = 0
    while True:
        try:
            return child.wait(_LOOK_EVERY)
        except subprocess.TimeoutExpired:
            for number in arrived[passed_on:]:
                child.send_signal(number)
                passed_on += 1


def _command(folder: RunFolder) -> list[str]:
    outputs = str(folder.path.parents[1])
    verb = [sys.executable, "-P", "-m", "rnnlab", "resume"]
    return [*verb, str(folder.path), "--output-dir", outputs]


@contextmanager
def _noted() -> Iterator[list[int]]:
    """Note signals instead of obeying them; in the main thread only."""
    arrived: list[int] = []
    before = {}
    if threading.current_thread() is threading.main_thread():
        for number in (getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)):
            if signal.getsignal(number) != signal.SIG_IGN:
                before[number] = signal.signal(number, lambda got, _: arrived.append(got))
    try:
        yield arrived
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
