"""Drives a sweep: gives its runs to an executor until each has finished or failed for good.

The folder of the sweep is all that it knows and all that it leaves. It may be killed at any
moment, and be started again; several may drive one sweep.
"""

from __future__ import annotations

import signal
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from rnnlab.errors import ConfigError, RnnlabError, StorageError
from rnnlab.runs.folder import RunFolder, Status
from rnnlab.runs.ownership import owned
from rnnlab.sweeps.accelerators import needed
from rnnlab.sweeps.beat import Watch
from rnnlab.sweeps.disk import DISK, why_refused
from rnnlab.sweeps.executors.executor import Ended, Executor, Work
from rnnlab.sweeps.folder import SweepFolder
from rnnlab.sweeps.job import Job
from rnnlab.sweeps.outcome import Outcome
from rnnlab.sweeps.source import Source
from rnnlab.sweeps.standing import Phase, Standing, standing
from rnnlab.sweeps.swept_run import SweptRun
from rnnlab.sweeps.worker import TAKEN

_LOOK_EVERY, _LOOK_ELSEWHERE_EVERY = 0.05, 1.0
_WITH_SNAPSHOT = getattr(signal, "SIGUSR1", signal.SIGTERM)
_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
_GRACE = 30.0
# What asks for something else than it gets would ask for the same again.
_HOPELESS = (2, 3)


@dataclass(frozen=True)
class Settings:
    """How a sweep is driven.

    Args:
        retries: How often a run is begun again that has failed.
        timeout: Seconds that an attempt may take; None for any.
        lease: Seconds without a sign of life after which a run on another machine is given up.
    """

    retries: int = 1
    timeout: float | None = None
    lease: float = 60.0


@dataclass
class _Started:
    job: Job
    run: SweptRun
    after: int
    since: float
    timed_out: bool = False
    asked: list[float] = field(default_factory=list)


class Driver:
    """Drives a sweep once.

    Args:
        sweep: Its folder.
        jobs: What is to be done.
        executor: Where.
        settings: How.
        source: Gives further jobs when there is room and none of the others waits.
        started: Is told of each run that is given to the executor.
        over: Is told of each outcome.
    """

    def __init__(
        self,
        sweep: SweepFolder,
        jobs: list[Job],
        executor: Executor,
        settings: Settings,
        *,
        source: Source | None = None,
        started: Callable[[Job, SweptRun], None] = lambda job, run: None,
        over: Callable[[Outcome], None] = lambda outcome: None,
    ) -> None:
        self._sweep, self._executor, self._settings = sweep, executor, settings
        self._source, self._on_started, self._on_over = source, started, over
        self._watch = Watch(settings.lease)
        self.waiting: deque[Job] = deque(jobs)
        self.elsewhere: dict[Path, Job] = {}
        self._started: dict[Path, _Started] = {}
        self._failures: Counter[str] = Counter()
        self._lost: dict[Path, str] = {}
        self.outcomes: list[Outcome] = []
        self._looked = 0.0
        self.draining = self.stopping = False
        self.disk: str | None = None

    def tick(self) -> bool:
        """Do what is to be done now, and return whether there is more to come."""
        for ended in self._executor.ended():
            self._take(ended)
        if self.draining:
            self._leave_out(self.waiting)
            self._leave_out(deque(self.elsewhere.values()))
            self.elsewhere.clear()
        else:
            self._look_elsewhere()
            self._start()
        self._end_late()
        return bool(self.waiting or self.elsewhere or self._started or self._expects_more())

    @property
    def executing(self) -> list[SweptRun]:
        """The runs that the executor has."""
        return [started.run for started in self._started.values()]

    def drain(self) -> None:
        """Begin no other run."""
        self.draining = True

    def stop(self) -> None:
        """Ask all runs for a snapshot and their end."""
        self.draining = self.stopping = True
        for path in self._started:
            self._executor.signal(path, _WITH_SNAPSHOT)

    def _start(self) -> None:
        while len(self._started) < self._executor.slots:
            job = self._next()
            if job is None:
                return
            run = self._sweep.run(job.fingerprint)
            found = standing(run, self._watch)
            work = Work(run.path, found.number, self._settings.lease / 6, needed(job.plain))
            if found.phase is Phase.FINISHED:
                self._over(job, found)
            elif found.phase is Phase.EXECUTED and not self._executor.has(run.path):
                self.elsewhere[run.path] = job
            elif self._executor.fits(work):
                self._give(job, found, work)
            else:
                self.waiting.appendleft(job)
                return

    def _next(self) -> Job | None:
        if self.waiting:
            return self.waiting.popleft()
        return None if self._source is None else self._source.next()

    def _expects_more(self) -> bool:
        return self._source is not None and not self.draining and not self._source.exhausted

    def _give(self, job: Job, found: Standing, work: Work) -> None:
        run = self._sweep.make_run(job)
        if self._source is not None:
            self._source.prepare(job, run)
        self._executor.start(work)
        # What is executed already was begun by an earlier driver, which may have been killed.
        after = found.number - (found.phase is Phase.EXECUTED)
        self._started[run.path] = _Started(job, run, after, time.monotonic())
        self._on_started(job, run)

    def _take(self, ended: Ended) -> None:
        started = self._started.pop(ended.run)
        job, run = started.job, started.run
        found = standing(run, self._watch)
        if ended.code == DISK and found.phase is not Phase.FINISHED:
            # The others would fail as well: what is begun may come to its end, if it can.
            said = found.cause if found.phase is Phase.FAILED else None
            self.disk = self.disk or said or why_refused(self._sweep.path)
            self.draining = True
            self._over(job, found, said or self.disk, left=True)
            return
        if found.phase is Phase.EXECUTED:
            self.elsewhere[run.path] = job
            if ended.code != TAKEN and (ended.code, ended.why) != (None, None):
                # Its process is gone from another machine, as the lease is to tell.
                self._failures[job.fingerprint] += 1
                self._lost[run.path] = self._cause(started, found, ended)
            return
        if found.phase is Phase.FINISHED:
            self._over(job, found)
            return
        preempted = found.attempt is not None and _status(found.attempt) == Status.PREEMPTED
        if ended.code == TAKEN or (preempted and not started.timed_out):
            self.waiting.appendleft(job)
            return
        cause = self._cause(started, found, ended)
        if found.attempt is not None and found.number > started.after:
            _record(found.attempt, cause)
        self._failures[job.fingerprint] += 1
        again = self._failures[job.fingerprint] <= self._settings.retries
        again = again and ended.code not in _HOPELESS
        if self.stopping or not again:
            self._over(job, standing(run, self._watch), cause, left=again)
        else:
            self.waiting.append(job)

    def _cause(self, started: _Started, found: Standing, ended: Ended) -> str:
        if started.timed_out:
            return f"took longer than sweep.timeout={self._settings.timeout:g} seconds"
        if ended.code is not None and ended.code < 0 and found.phase is not Phase.FAILED:
            return f"its process was killed by {_name(-ended.code)}"
        how = "" if ended.code is None else f" with exit code {ended.code}"
        why = "" if ended.why is None else f": {ended.why}"
        if found.number <= started.after:
            return f"its worker ended{how} before it began{why}"
        # Of a process that could not say why it ends, its executor knows more than its folder.
        if ended.code is None or not found.cause:
            return f"its process ended{how}{why}"
        return found.cause

    def _look_elsewhere(self) -> None:
        if not self.elsewhere or time.monotonic() < self._looked + _LOOK_ELSEWHERE_EVERY:
            return
        self._looked = time.monotonic()
        for path, job in list(self.elsewhere.items()):
            found = standing(self._sweep.run(job.fingerprint), self._watch)
            if found.phase is Phase.EXECUTED:
                continue
            del self.elsewhere[path]
            lost = self._lost.pop(path, None)
            if lost is not None and found.attempt is not None and found.phase is Phase.OPEN:
                _record(found.attempt, lost)
                if self._failures[job.fingerprint] > self._settings.retries:
                    self._over(job, standing(self._sweep.run(job.fingerprint), self._watch), lost)
                    continue
            if found.phase is Phase.FINISHED:
                self._over(job, found)
            else:
                self.waiting.append(job)

    def _end_late(self) -> None:
        limit, now = self._settings.timeout, time.monotonic()
        if limit is None:
            return
        for path, started in self._started.items():
            if self._executor.waits(path):
                started.since = now
                continue
            late = now - started.since - limit
            if late <= 0:
                continue
            if not started.asked:
                started.timed_out = True
                self._executor.signal(path, signal.SIGTERM)
                started.asked.append(now)
            elif now - started.asked[0] > _GRACE:
                self._executor.signal(path, _KILL)

    def _leave_out(self, jobs: deque[Job]) -> None:
        while jobs:
            job = jobs.popleft()
            found = standing(self._sweep.run(job.fingerprint), self._watch)
            self._over(job, found, left=True)

    def _over(
        self, job: Job, found: Standing, cause: str | None = None, *, left: bool = False
    ) -> None:
        status = None if found.attempt is None else _status(found.attempt)
        outcome = Outcome(job, status, cause or found.cause, found.attempt)
        self.outcomes.append(outcome)
        self._on_over(outcome)
        # What is left for the next command has not come out yet.
        if self._source is not None and not left:
            self._source.over(outcome)


def _record(attempt: RunFolder, cause: str) -> None:
    """Let the status say that an attempt failed, where its process could not."""
    try:
        with owned(attempt):
            said = attempt.read_status()
            if said.get("status") != Status.FAILED or said.get("cause") != cause:
                attempt.write_status(Status.FAILED, cause)
    except (ConfigError, StorageError):
        return  # somebody else has the folder, or nobody can write it


def _status(attempt: RunFolder) -> Status | None:
    try:
        found = attempt.read_status().get("status")
    except RnnlabError:
        return None
    return None if found is None else Status(found)


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def pause() -> None:
    """Wait until it is time to look again."""
    time.sleep(_LOOK_EVERY)
