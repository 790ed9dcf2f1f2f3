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

from rnnlab.errors import RnnlabError
from rnnlab.runs.folder import RunFolder
from rnnlab.runs.record import tags_of
from rnnlab.sweeps.folder import SweepFolder
from rnnlab.sweeps.outcome import Outcome
from rnnlab.sweeps.plan import Job
from rnnlab.sweeps.swept_run import SweptRun
from rnnlab.tracking.link import Link, read_link
from rnnlab.tracking.mlflow_run import Status as MlflowStatus
from rnnlab.tracking.opening import open_run
from rnnlab.tracking.spool import Spool
from rnnlab.tracking.writable_run import WritableRun

PARENT_TAG = "mlflow.parentRunId"
_log = logging.getLogger(__name__)


class Feed:
    """Sends MLflow what it lacks of a sweep, while that goes on.

    Args:
        sweep: The sweep.
        uri: The store, absolute.
        experiment: The experiment that all its runs are in.
    """

    def __init__(self, sweep: SweepFolder, uri: str, experiment: str) -> None:
        self._sweep, self._uri, self._experiment = sweep, uri, experiment
        self._parent = self._spool(sweep.path, sweep.path.name, lambda: None, quiet=False)
        self._parent.submit(lambda run: run.set_tags({"rnnlab.sweep": sweep.path.name}))
        self._parent.submit(lambda run: run.log_artifact(sweep.plan))
        self._children: dict[Path, Spool] = {}
        self._closing = ThreadPoolExecutor(2, thread_name_prefix="rnnlab-closing")
        self._closed: list[Future[bool]] = []

    def begin(self, job: Job, run: SweptRun) -> None:
        """Show a run from now on."""
        if run.path not in self._children:
            self._children[run.path] = self._child(job, run)

    def end(self, outcome: Outcome) -> None:
        """Send what is left of a run, and how it ended, unless MLflow knows all that."""
        if outcome.folder is None or outcome.status is None:
            return
        run = self._sweep.run(outcome.job.fingerprint)
        spool = self._children.pop(run.path, None)
        if spool is None:
            if (link := read_link(run.path)) is not None and link.status == outcome.status:
                return
            spool = self._child(outcome.job, run)
        self._closed.append(self._closing.submit(self._close, spool, outcome))

    def close(self, status: MlflowStatus, artifacts: Iterable[Path] = ()) -> bool:
        """Send what is left of the sweep itself; return whether MLflow has got everything."""
        for path in artifacts:
            self._parent.submit(lambda run, path=path: run.log_artifact(path))  # type: ignore[misc]
        done = [future.result() for future in self._closed]
        self._closing.shutdown()
        return self._parent.close(status) and all(done)

    def _child(self, job: Job, run: SweptRun) -> Spool:
        def points() -> Path | None:
            believed = run.believed()
            return None if believed is None else believed.metrics

        def begin(child: WritableRun) -> None:
            parent = self._parent.run_id
            if parent is None:
                raise RnnlabError("the run above it is not there yet")
            child.set_tags({PARENT_TAG: parent, **tags})

        tags = {"rnnlab.fingerprint": job.fingerprint, "rnnlab.sweep": self._sweep.path.name}
        spool = self._spool(run.path, str(job), points, quiet=True)
        spool.submit(begin)
        spool.submit(lambda child: child.log_params(job.plain))
        return spool

    def _spool(
        self, folder: Path, name: str, points: Callable[[], Path | None], *, quiet: bool
    ) -> Spool:
        def opened(link: Link, proceed: Callable[[], None]) -> WritableRun:
            return open_run(
                self._uri, self._experiment, name, link.run_id, key=link.key, proceed=proceed
            )

        return Spool(folder, self._uri, opened, points=points, quiet=quiet)

    def _close(self, spool: Spool, outcome: Outcome) -> bool:
        assert outcome.folder is not None
        try:
            _describe(spool, outcome.folder)
        except RnnlabError as error:
            _log.warning("%s", error)
        return spool.close(cast(MlflowStatus, str(outcome.status)), outcome.cause)


def _describe(spool: Spool, attempt: RunFolder) -> None:
    if attempt.manifest.exists():
        tags = tags_of(attempt, attempt.read_manifest())
        spool.submit(lambda run: run.set_tags(tags))
    for path in (attempt.config, attempt.manifest, attempt.result, attempt.spec):
        if path.exists():
            spool.submit(lambda run, path=path: run.log_artifact(path))  # type: ignore[misc]
