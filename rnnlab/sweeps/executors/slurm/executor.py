"""Jobs of a Slurm cluster, one for each run."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from rnnlab.errors import ConfigError
from rnnlab.sweeps.executors.executor import Ended, Executor, Work
from rnnlab.sweeps.executors.slurm import commands
from rnnlab.sweeps.executors.slurm.queued import RUNNING, Queued
from rnnlab.sweeps.executors.slurm.session import Session, Submitted
from rnnlab.sweeps.executors.slurm.submission import NotTaken, submit
from rnnlab.sweeps.worker import TAKEN

_LOOK_EVERY = 1.0  # at files
_ASK_EVERY, _ASK_SOON = 10.0, 2.0  # Slurm
_SETTLES = 3.0  # seconds until a file that was written elsewhere is seen here, too
_AN_ARRAY = 500  # a cluster's MaxArraySize is 1,001 unless set
_TRY_AGAIN, _GIVE_UP = 20.0, 600.0
_LEAVE = 45.0  # a cluster's KillWait is 30 s unless set
_SNAPSHOT = signal.SIGUSR1
_SIGNALLED, _UNKNOWN = 128, 999
# Exit codes of a run that has heard the signal, and has said so.
_HEARD = {_SIGNALLED + number for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
_OVER = frozenset(
    """BOOT_FAIL CANCELLED COMPLETED DEADLINE FAILED NODE_FAIL OUT_OF_MEMORY PREEMPTED
    TIMEOUT""".split()
)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Jobs:
    """How jobs are submitted.

    Args:
        parameters: Options of sbatch, by how many accelerators a run uses.
        setup: Shell commands before each job.
        threads: How many a run may use.
        requeues: How often a job may be queued again.
    """

    parameters: Mapping[int | None, Mapping[str, Any]]
    setup: Sequence[str] = ()
    threads: int = 1
    requeues: int = 100


class Slurm(Executor):
    """Executes each run in a job of its own; those that come at a time are one array job.

    Jobs go on when their driver is gone. The next driver of the same sweep takes up those that are
    still in the queue, or run.

    Args:
        jobs: How they are submitted.
        slots: How many may be in the queue or run at a time.
        folder: Of the executor, in the sweep's; jobs are written down there.
        runs: The folder of the sweep's runs.

    Raises:
        NoAnswer: Slurm does not answer.
    """

    name = "slurm"

    def __init__(self, jobs: Jobs, slots: int, folder: Path, runs: Path) -> None:
        self._jobs, self._slots, self._folder = jobs, slots, folder
        self._sessions = list(Session.left_behind(folder))
        self._own: Session | None = None
        self._left = {job.run: Queued(job) for job in _alive(self._sessions, runs)}
        self._works: list[Work] = []
        self._queue: dict[Path, Queued] = {}
        self._ended: list[Ended] = []
        self._signals: dict[int, set[str]] = {}
        self._looked = self._asked = 0.0
        self._refused: float | None = None
        self._try_at = 0.0
        self._keep = False

    @property
    def slots(self) -> int:
        """How many runs may be given to it at a time."""
        return self._slots

    def start(self, work: Work) -> None:
        """Begin to execute a run: it is submitted with others, within a second."""
        if (left := self._left.pop(work.run, None)) is not None:
            self._queue[work.run] = left
        else:
            self._works.append(work)

    def has(self, run: Path) -> bool:
        """Return whether a driver that is gone has left a job for a run."""
        return run in self._left

    def waits(self, run: Path) -> bool:
        """Return whether the job of a run waits in the queue, or has not come to the run yet."""
        queued = self._queue.get(run)
        return queued is None or not queued.begun

    def ended(self) -> list[Ended]:
        """Return what has ended since the last call.

        Raises:
            ConfigError: Slurm takes no job.
        """
        now = time.monotonic()
        if now >= self._looked + _LOOK_EVERY:
            self._looked = now
            self._submit(now)
            self._pass_on()
            self._look(now)
        ended, self._ended = self._ended, []
        return ended

    def signal(self, run: Path, number: int) -> None:
        """Send the process of a run a signal; a job that waits in the queue leaves it."""
        queued = self._queue.get(run)
        if any(work.run == run for work in self._works):
            # Not submitted yet: the run stays as it is.
            self._works = [work for work in self._works if work.run != run]
            self._ended.append(Ended(run, TAKEN))
        elif queued is not None and number not in queued.asked:
            queued.asked.add(number)
            queued.submitted.session.ask(queued.job)
            self._signals.setdefault(number, set()).add(queued.job)

    def close(self) -> None:
        """End all jobs that are left, in the queue or not."""
        jobs = [queued.job for queued in (*self._queue.values(), *self._left.values())]
        try:
            commands.cancel(jobs)
            deadline = time.monotonic() + _LEAVE
            while jobs and time.monotonic() < deadline:
                states = commands.states(jobs)
                jobs = [job for job in jobs if states.get(job, "COMPLETED") not in _OVER]
                time.sleep(0.5 if jobs else 0.0)
        except commands.NoAnswer as error:
            _log.warning("jobs of this sweep may be left: %s", error)
            self._keep = True
        for session in self._sessions:
            session.end(keep=self._keep)

    def _submit(self, now: float) -> None:
        if not self._works or now < self._try_at:
            return
        works, self._works = sorted(self._works, key=_accelerators), []
        for _, group in groupby(works, key=_accelerators):
            alike = list(group)
            for first in range(0, len(alike), _AN_ARRAY):
                self._submit_alike(alike[first : first + _AN_ARRAY], now)

    def _submit_alike(self, works: Sequence[Work], now: float) -> None:
        if self._own is None:
            self._own = Session.begin(self._folder)
            self._sessions.append(self._own)
        try:
            submitted = submit(
                works,
                self._own,
                self._jobs.parameters[works[0].accelerators],
                setup=self._jobs.setup,
                threads=self._jobs.threads,
                requeues=self._jobs.requeues,
            )
        except NotTaken as error:
            self._works += works
            self._wait_or_give_up(error, now)
            return
        self._refused = None
        self._queue.update({job.run: Queued(job) for job in submitted})

    def _wait_or_give_up(self, error: NotTaken, now: float) -> None:
        """Wait where the queue was full for a while, or nobody was there."""
        first = self._refused is None
        self._refused = now if self._refused is None else self._refused
        self._try_at = now + _TRY_AGAIN
        if not self._queue and (self._asked == 0.0 or now > self._refused + _GIVE_UP):
            raise ConfigError(f"Slurm takes no job: {error}", key="executor.kind", value="slurm")
        if first:
            _log.warning("Slurm takes no more jobs now: %s; it is asked again", error)

    def _pass_on(self) -> None:
        """Pass on the signals that wait for it; a job that is not running leaves the queue."""
        if not self._signals:
            return
        try:
            states = commands.states(set().union(*self._signals.values()))
            for number, jobs in list(self._signals.items()):
                running = {job for job in jobs if states.get(job) in RUNNING}
                commands.cancel({job for job in jobs - running if job in states})
                commands.send(running, number)
                del self._signals[number]
            self._asked = min(self._asked, time.monotonic() - _ASK_EVERY + _ASK_SOON)
        except commands.NoAnswer as error:
            _log.info("%s", error)  # a second later

    def _look(self, now: float) -> None:
        codes = self._codes(Session.codes)
        for run, queued in list(self._queue.items()):
            if codes.get(queued.place, _UNKNOWN) <= _SIGNALLED:
                self._end(run, codes[queued.place])
        codes = self._codes(Session.statuses) | codes
        soon = any(
            queued.place in codes or queued.asked or queued.over for queued in self._queue.values()
        )
        if self._queue and now >= self._asked + (_ASK_SOON if soon else _ASK_EVERY):
            self._asked = now
            try:
                self._ask(codes, now)
            except commands.NoAnswer as error:
                _log.info("%s", error)

    def _codes(self, read: Callable[[Session], dict[str, int]]) -> dict[tuple[Path, str], int]:
        return {
            (session.path, job): code
            for session in self._sessions
            for job, code in read(session).items()
        }

    def _ask(self, codes: Mapping[tuple[Path, str], int], now: float) -> None:
        """Ask Slurm about jobs that have not ended calmly: it may have queued them again."""
        states = commands.states(queued.job for queued in self._queue.values())
        for run, queued in list(self._queue.items()):
            state, code = states.get(queued.job), codes.get(queued.place)
            if state == commands.HELD:
                # Its node was lost, or is being repaired: nobody else would let it go on.
                commands.release([queued.job])
                state = "PENDING"
            if state is not None and state not in _OVER:
                queued.over = None
                queued.is_now(state)
                if state == "PENDING" and queued.asked:  # its driver did not ask for that
                    commands.cancel([queued.job])
            elif code is not None:
                killed = code > _SIGNALLED and code not in _HEARD
                self._end(run, _SIGNALLED - code if killed else code)
            elif queued.over is None:
                queued.over = now
            elif now >= queued.over + _SETTLES:
                self._end(run, None, state)

    def _end(self, run: Path, code: int | None, state: str | None = None) -> None:
        queued = self._queue.pop(run)
        why = None
        if code is None:
            why = f"Slurm says {state}" if state else "Slurm knows its job no longer"
        if not queued.claimed and code != TAKEN:
            if _SNAPSHOT in queued.asked:
                code = TAKEN  # it has left the queue, and the run is as it was
            else:
                why = queued.submitted.session.last_words(queued.job) or why
                self._keep = True
        self._ended.append(Ended(run, code, why))


def _alive(sessions: Sequence[Session], runs: Path) -> list[Submitted]:
    """Return the jobs of others that are in the queue, or run."""
    jobs = []
    for session in sessions:
        codes = session.codes()
        known = [job for job in session.jobs(runs) if codes.get(job.job, _UNKNOWN) > _SIGNALLED]
        jobs += known
    states = commands.states(job.job for job in jobs)
    return [job for job in jobs if states.get(job.job, "COMPLETED") not in _OVER]


def _accelerators(work: Work) -> int:
    return -1 if work.accelerators is None else work.accelerators
