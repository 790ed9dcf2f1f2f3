"""The thread that sends what stands in a run folder to MLflow, and never stops a training."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from uuid import uuid4

from rnnlab.tracking.link import Link, is_copy, read_link, write_link
from rnnlab.tracking.lookup import Deleted
from rnnlab.tracking.mlflow_run import MAX_POINTS, Status
from rnnlab.tracking.outage import Outage, first_line
from rnnlab.tracking.points import Point, ends_at_a_line, read_from
from rnnlab.tracking.refusal import is_refusal
from rnnlab.tracking.sender_process import SenderGone
from rnnlab.tracking.store import SPOOL_THREAD
from rnnlab.tracking.uri import redacted
from rnnlab.tracking.writable_run import WritableRun

Job = Callable[[WritableRun], None]
# Status, cause, end in milliseconds since 1970.
Final = tuple[Status, str | None, int]

_LATEST = 10.0
_STATUS_AFTER = 2.0
_LONGEST_PAUSE = 30.0
_log = logging.getLogger(__name__)


class Spool:
    """Sends jobs and points in the background until it is closed.

    Points are read back from ``metrics.jsonl``, so that nothing waits in memory and a later
    process can go on where this one stopped; how far it got stands in ``mlflow.json``. While the
    server is away it tries again with growing pauses and warns once.

    Args:
        folder: The run folder.
        uri: An absolute tracking URI.
        open_run: Opens the MLflow run that a link names, or a new one where it names none. Its
            second argument raises when the server has been given up; to be called before a run
            is made, which the next process would not know of.
        run_id: The run to go on with, before the one that the folder names.
        points: Says where the points are now, if not in the folder's own ``metrics.jsonl``: None
            for nowhere. Another file than before begins with all that was ever sent.
        interval: Seconds between two looks at the folder.
        quiet: Whether only :meth:`close` says that the store cannot be used.
        at_first_point: Whether to wait, for ten seconds at most, until :meth:`begin` is called.

    Raises:
        StorageError: ``mlflow.json`` cannot be read or written.
    """

    def __init__(
        self,
        folder: Path,
        uri: str,
        open_run: Callable[[Link, Callable[[], None]], WritableRun],
        *,
        run_id: str | None = None,
        points: Callable[[], Path | None] | None = None,
        interval: float = 1.0,
        quiet: bool = False,
        at_first_point: bool = False,
    ) -> None:
        self._quiet = quiet
        self._folder, self._points = folder, points or (lambda: folder / "metrics.jsonl")
        self._open_run, self._interval = open_run, interval
        # Written before anything is sent: from here on the status in MLflow is not confirmed.
        self._link = _link_to(folder, redacted(uri), run_id, self._points())
        write_link(folder, self._link)
        self._run: WritableRun | None = None
        self._jobs: deque[Job] = deque()
        self._refused: set[str] = set()
        self._outage = Outage(self._link.uri, folder)
        self._closing, self._abandoned = threading.Event(), threading.Event()
        self._patience = self._give_up_at = self._status_first_at = float("inf")
        self._final: Final | None = None
        self._done = False
        self._begun, self._latest = threading.Event(), _LATEST if at_first_point else 0.0
        self._thread = threading.Thread(target=self._work, name=SPOOL_THREAD, daemon=True)
        self._thread.start()

    @property
    def run_id(self) -> str | None:
        """The MLflow run id; None until the server has answered for the first time."""
        return self._link.run_id

    @property
    def why(self) -> str:
        """Why the store could not be used last."""
        return self._outage.why

    def begin(self) -> None:
        """Go to work, if that has not begun yet."""
        self._begun.set()

    def submit(self, job: Job) -> None:
        """Have ``job`` called with the run, after all jobs before it, when the server is there."""
        self._jobs.append(job)

    def close(
        self,
        status: Status,
        cause: str | None = None,
        *,
        end_time: int | None = None,
        timeout: float = 60.0,
        patience: float = 5.0,
        quiet: bool = False,
    ) -> bool:
        """Send what is left and set the status; return whether that was possible.

        Calling it again changes nothing.

        Args:
            status: The final status of the run.
            cause: Why the run ended so.
            end_time: When it ended, in milliseconds since 1970; now by default.
            timeout: The most seconds to wait while sending goes on.
            patience: The seconds without any progress after which a server that is away is given
                up.
            quiet: Whether somebody else says that this was not possible; :attr:`why` knows why.
        """
        if self._closing.is_set():
            return self._done
        self._final = (status, cause, end_time or time.time_ns() // 1_000_000)
        self._patience, self._give_up_at = patience, time.monotonic() + patience
        # With much left to send, the status does not wait for all of it.
        self._status_first_at = time.monotonic() + _STATUS_AFTER
        self._closing.set()
        self._begun.set()
        deadline = time.monotonic() + timeout
        while self._thread.is_alive() and (now := time.monotonic()) < deadline:
            # The thread may be inside a request that is never answered.
            if self._outage.lasts and now > self._give_up_at:
                break
            self._thread.join(min(0.1, deadline - now))
        # From here on the thread leaves the folder alone: another process may take it over.
        self._abandoned.set()
        if not self._done and not quiet:
            _log.warning(
                "MLflow at %s has not got all of %s (%s); what is missing stays in the folder",
                self._link.uri,
                self._folder,
                self._outage.why,
            )
        return self._done

    def _work(self) -> None:
        self._begun.wait(self._latest)
        pause = self._interval
        while not self._abandoned.is_set():
            # Read first: all that was logged before closing began is then sent below.
            closing = self._closing.is_set()
            try:
                self._send(self._final if closing else None)
                self._outage.end()
                if closing:
                    self._done = True
                    return
                pause = self._interval
            except _Abandoned:
                return
            # Whatever breaks here (HTTP, SQL, disk) must cost the run no more than a warning.
            except Exception as error:
                # Close says it itself.
                self._outage.begin(error, quiet=self._quiet or self._closing.is_set())
                hopeless = closing and isinstance(error, Deleted)
                if hopeless or time.monotonic() > self._give_up_at:
                    return
                pause = min(2 * pause, _LONGEST_PAUSE)
            if closing:
                self._abandoned.wait(0.2)
            else:
                self._closing.wait(pause)

    def _send(self, final: Final | None) -> None:
        if self._run is None:
            run = self._open_run(self._link, self._progress)
            if run.run_id != self._link.run_id:
                self._save(replace(self._link, run_id=run.run_id, sent=0, status=None))
            self._run = run
        told = False
        try:
            while self._jobs:
                self._do_first_job(self._run)
                self._progress()
            while batch := self._unsent():
                self._send_points(self._run, [point for point, _ in batch])
                self._save(replace(self._link, sent=batch[-1][1]))
                self._progress()
                # Closing may have begun meanwhile.
                if self._final and not told and time.monotonic() > self._status_first_at:
                    self._run.finish(*self._final)
                    told = True
            if final is not None:
                self._run.finish(*final)
                self._save(replace(self._link, status=final[0]))
        except SenderGone:
            # Opening it again starts another one.
            self._run = None
            raise
        except Exception as error:
            if is_refusal(error):
                # MLflow refuses all that is sent to a run in its bin; this says so.
                self._run.check_active()
            raise

    def _progress(self) -> None:
        """Note that the server has taken something."""
        if self._abandoned.is_set():
            raise _Abandoned
        if self._closing.is_set():
            self._give_up_at = time.monotonic() + self._patience

    def _unsent(self) -> list[tuple[Point, int]]:
        path = self._points()
        if path is None or not path.exists():
            return []
        found = list(islice(read_from(path, self._link.sent), MAX_POINTS))
        # What was read of a file that is no longer the one may not stand in the one that is.
        return found if self._points() == path else []

    def _do_first_job(self, run: WritableRun) -> None:
        try:
            self._jobs[0](run)
        except Exception as error:
            if not is_refusal(error):
                raise
            run.check_active()
            _log.warning("MLflow refuses: %s", first_line(error))
        self._jobs.popleft()

    def _send_points(self, run: WritableRun, points: list[Point]) -> None:
        """Send points; those that MLflow refuses by name are found by halving and left out."""
        try:
            run.log_points(points)
        except Exception as error:
            if not is_refusal(error):
                raise
            run.check_active()
            if len(points) > 1:
                half = len(points) // 2
                self._send_points(run, points[:half])
                self._send_points(run, points[half:])
            elif points[0].name not in self._refused:
                self._refused.add(points[0].name)
                _log.warning("MLflow refuses the metric %r: %s", points[0].name, first_line(error))

    def _save(self, link: Link) -> None:
        if self._abandoned.is_set():
            raise _Abandoned
        write_link(self._folder, link)
        self._link = link


class _Abandoned(Exception):
    """Closing has given the server up while the thread was waiting for it."""


def _link_to(folder: Path, uri: str, run_id: str | None, points: Path | None) -> Link:
    """Return the folder's link if it leads to this store and run, else one with nothing sent.

    The run is looked for under another URI too: it may be the same store behind a server, and
    points that are sent again are not doubled.
    """
    link = read_link(folder)
    own = str(folder.absolute())
    if link is None or run_id not in (None, link.run_id) or is_copy(folder, link):
        return Link(uri, run_id, key=uuid4().hex, folder=own)
    link = replace(link, status=None, key=link.key or uuid4().hex, folder=own)
    if link.uri != uri or (points is not None and not ends_at_a_line(points, link.sent)):
        return replace(link, uri=uri, sent=0)
    return link
