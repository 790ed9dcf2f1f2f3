"""Shows a sweep in MLflow: one run above, and those of the sweep below it.

The driver does this and not the workers, from what is believed of each run: a worker that comes
back late, when its run was taken over, changes nothing there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import cast

from filelock import FileLock, Timeout

from rnnlab.errors import RnnlabError
from rnnlab.runs.folder import RunFolder
from rnnlab.runs.record import tags_of
from rnnlab.sweeps.folder import SweepFolder
from rnnlab.sweeps.job import Job
from rnnlab.sweeps.outcome import Outcome
from rnnlab.sweeps.swept_run import SweptRun
from rnnlab.tracking.link import Link, read_link
from rnnlab.tracking.mlflow_run import Status as MlflowStatus
from rnnlab.tracking.opening import open_run
from rnnlab.tracking.spool import Spool
from rnnlab.tracking.uri import redacted
from rnnlab.tracking.writable_run import WritableRun

PARENT_TAG = "mlflow.parentRunId"
# Seconds: with several runs at a time a transaction costs as much as the points in it.
_INTERVAL = 5.0
_log = logging.getLogger(__name__)


class Feed:
    """Sends MLflow what it lacks of a sweep, while that goes on.

    Several drivers may drive one sweep; each run is shown by the one that holds its lock.

    Args:
        sweep: The sweep.
        uri: The store, absolute.
        experiment: The experiment that all its runs are in.
    """

    def __init__(self, sweep: SweepFolder, uri: str, experiment: str) -> None:
        self._sweep, self._uri, self._experiment = sweep, uri, experiment
        self._locks: dict[Path, FileLock] = {}
        self._parent = self._above()
        self._ended = 0
        self._children: dict[Path, Spool] = {}
        self._closing = ThreadPoolExecutor(2, thread_name_prefix="rnnlab-closing")
        self._closed: list[tuple[Outcome, Future[str | None]]] = []

    def begin(self, job: Job, run: SweptRun) -> None:
        """Show a run from now on."""
        if run.path not in self._children and (child := self._child(job, run)) is not None:
            self._children[run.path] = child

    def end(self, outcome: Outcome) -> None:
        """Send what is left of a run, and how it ended, unless MLflow knows all that."""
        if outcome.folder is None or outcome.status is None:
            return
        self._ended += 1
        if self._parent is not None:
            # Which also tells at once when the store is away: the runs themselves keep quiet.
            tags = {"rnnlab.runs_ended": str(self._ended)}
            self._parent.submit(lambda above: above.set_tags(tags))
        self._finish(outcome)

    def _finish(self, outcome: Outcome) -> None:
        run = self._sweep.run(outcome.job.fingerprint)
        spool = self._children.pop(run.path, None)
        if spool is None:
            if (link := read_link(run.path)) is not None and link.status == outcome.status:
                return
            spool = self._child(outcome.job, run)
        if spool is not None:
            future = self._closing.submit(self._close, run, spool, outcome)
            self._closed.append((outcome, future))

    def close(
        self, status: MlflowStatus, artifacts: Iterable[Path] = (), *, quiet: bool = False
    ) -> bool:
        """Send what is left of the sweep itself; return whether MLflow has got everything.

        Args:
            status: How the sweep ended.
            artifacts: Files to show with it.
            quiet: Whether to say nothing of what is missing, since it is known why.
        """
        missing = self._missing()
        # Another driver that showed the sweep may be gone.
        parent = self._parent or self._above()
        told = True
        if parent is not None:
            for path in artifacts:
                parent.submit(lambda run, path=path: run.log_artifact(path))  # type: ignore[misc]
            told = parent.close(status, quiet=quiet)
            self._let_go(self._sweep.path)
        if told and missing:
            # The store was away when they ended, and is there now.
            for outcome, _ in missing:
                self._finish(outcome)
            missing = self._missing()
        self._closing.shutdown()
        if missing and not quiet:
            _log.warning(
                "MLflow at %s has not got all of %d runs (%s); the same command sends the rest",
                redacted(self._uri),
                len(missing),
                missing[0][1],
            )
        return told and not missing

    def _missing(self) -> list[tuple[Outcome, str]]:
        """Wait for all runs that are being closed; return those that could not be, and why."""
        said = [(outcome, future.result()) for outcome, future in self._closed]
        self._closed.clear()
        return [(outcome, why) for outcome, why in said if why is not None]

    def _above(self) -> Spool | None:
        path = self._sweep.path
        if not self._hold(path):
            return None
        spool = self._spool(path, path.name, lambda: None, quiet=False)
        spool.submit(lambda run: run.set_tags({"rnnlab.sweep": path.name}))
        spool.submit(lambda run: run.log_artifact(self._sweep.plan))
        return spool

    def _child(self, job: Job, run: SweptRun) -> Spool | None:
        if not self._hold(run.path):
            return None

        def points() -> Path | None:
            believed = run.believed()
            return None if believed is None else believed.metrics

        def begin(child: WritableRun) -> None:
            above = read_link(self._sweep.path)
            if above is None or above.run_id is None:
                raise RnnlabError("the run above it is not there yet")
            child.set_tags({PARENT_TAG: above.run_id, **tags})

        tags = {"rnnlab.fingerprint": job.fingerprint, "rnnlab.sweep": self._sweep.path.name}
        spool = self._spool(run.path, str(job), points, quiet=True)
        spool.submit(begin)
        spool.submit(lambda child: child.log_params(job.plain))
        return spool

    def _hold(self, folder: Path) -> bool:
        """Take the lock of what MLflow shows of a folder; return whether nobody else has it."""
        lock = FileLock(folder / ".shown.lock", thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return False
        self._locks[folder] = lock
        return True

    def _let_go(self, folder: Path) -> None:
        if (lock := self._locks.pop(folder, None)) is not None:
            lock.release()

    def _spool(
        self, folder: Path, name: str, points: Callable[[], Path | None], *, quiet: bool
    ) -> Spool:
        def opened(link: Link, proceed: Callable[[], None]) -> WritableRun:
            return open_run(
                self._uri, self._experiment, name, link.run_id, key=link.key, proceed=proceed
            )

        return Spool(folder, self._uri, opened, points=points, interval=_INTERVAL, quiet=quiet)

    def _close(self, run: SweptRun, spool: Spool, outcome: Outcome) -> str | None:
        """Send what is left of a run, and return why that was not possible, if it was not."""
        assert outcome.folder is not None
        try:
            _describe(spool, outcome.folder)
            status = cast(MlflowStatus, str(outcome.status))
            told = spool.close(status, outcome.cause, quiet=True)
            return None if told else spool.why
        except RnnlabError as error:
            return str(error)
        finally:
            self._let_go(run.path)


def _describe(spool: Spool, attempt: RunFolder) -> None:
    if attempt.manifest.exists():
        tags = tags_of(attempt, attempt.read_manifest())
        spool.submit(lambda run: run.set_tags(tags))
    for path in (attempt.config, attempt.manifest, attempt.result, attempt.spec):
        if path.exists():
            spool.submit(lambda run, path=path: run.log_artifact(path))  # type: ignore[misc]
