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

from rnnlab.tracking.link import Link, read_link, write_link
from rnnlab.tracking.mlflow_run import MAX_POINTS, MlflowRun, Status, is_refusal
from rnnlab.tracking.points import Point, read_from
from rnnlab.tracking.store import redacted

Job = Callable[[MlflowRun], None]

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
        open_run: Opens the MLflow run of an id, or a new one for None.
        run_id: The run to go on with, before the one that the folder names.
        interval: Seconds between two looks at the folder.
    """

    def __init__(
        self,
        folder: Path,
        uri: str,
        open_run: Callable[[str | None], MlflowRun],
        *,
        run_id: str | None = None,
        interval: float = 1.0,
    ) -> None:
        self._folder, self._points = folder, folder / "metrics.jsonl"
        self._open_run, self._interval = open_run, interval
        self._link = _link_to(folder, redacted(uri), run_id)
        self._run: MlflowRun | None = None
        self._jobs: deque[Job] = deque()
        self._refused: set[str] = set()
        self._away = False
        self._closing = threading.Event()
        self._give_up_at = float("inf")
        self._final: Status | None = None
        self._done = False
        self._thread = threading.Thread(target=self._work, name="rnnlab-spool", daemon=True)
        self._thread.start()

    @property
    def run_id(self) -> str | None:
        """The MLflow run id; None until the server has answered for the first time."""
        return self._link.run_id

    def submit(self, job: Job) -> None:
        """Have ``job`` called with the run, after all jobs before it, when the server is there."""
        self._jobs.append(job)

    def close(self, status: Status, timeout: float = 60.0, patience: float = 5.0) -> bool:
        """Send what is left and set the status; return whether that was possible.

        Args:
            status: The final status of the run.
            timeout: The most seconds to wait while sending goes on.
            patience: The seconds after which a server that is away is given up.
        """
        if not self._closing.is_set():
            self._final = status
            self._give_up_at = time.monotonic() + patience
            self._closing.set()
        self._thread.join(timeout)
        if not self._done:
            _log.warning(
                "MLflow at %s has not got all of %s; what is missing stays in the folder",
                self._link.uri,
                self._folder,
            )
        return self._done

    def _work(self) -> None:
        pause = self._interval
        while True:
            # Read first: all that was logged before closing began is then sent below.
            closing = self._closing.is_set()
            try:
                self._send(self._final if closing else None)
                self._note_back()
                if closing:
                    self._done = True
                    return
                pause = self._interval
            # Whatever breaks here (HTTP, SQL, disk) must cost the run no more than a warning.
            except Exception as error:
                self._note_away(error)
                if time.monotonic() > self._give_up_at:
                    return
                pause = min(2 * pause, _LONGEST_PAUSE)
            if closing:
                time.sleep(0.2)
            else:
                self._closing.wait(pause)

    def _send(self, final: Status | None) -> None:
        if self._run is None:
            run = self._open_run(self._link.run_id)
            if run.run_id != self._link.run_id:
                self._save(Link(self._link.uri, run.run_id))
            self._run = run
        while self._jobs:
            self._do_first_job(self._run)
        while batch := self._unsent():
            self._send_points(self._run, [point for point, _ in batch])
            self._save(replace(self._link, sent=batch[-1][1]))
        if final is not None:
            self._run.finish(final)

    def _unsent(self) -> list[tuple[Point, int]]:
        if not self._points.exists():
            return []
        return list(islice(read_from(self._points, self._link.sent), MAX_POINTS))

    def _do_first_job(self, run: MlflowRun) -> None:
        try:
            self._jobs[0](run)
        except Exception as error:
            if not is_refusal(error):
                raise
            _log.warning("MLflow refuses: %s", error)
        self._jobs.popleft()

    def _send_points(self, run: MlflowRun, points: list[Point]) -> None:
        """Send points; those that MLflow refuses by name are found by halving and left out."""
        try:
            run.log_points(points)
        except Exception as error:
            if not is_refusal(error) or not run.is_active():
                raise
            if len(points) > 1:
                half = len(points) // 2
                self._send_points(run, points[:half])
                self._send_points(run, points[half:])
            elif points[0].name not in self._refused:
                self._refused.add(points[0].name)
                _log.warning("MLflow refuses the metric %r: %s", points[0].name, error)

    def _save(self, link: Link) -> None:
        write_link(self._folder, link)
        self._link = link

    def _note_away(self, error: Exception) -> None:
        if not self._away:
            self._away = True
            _log.warning(
                "MLflow at %s cannot be used (%s); the run goes on, and points are kept in %s",
                self._link.uri,
                _first_line(error),
                self._points,
            )

    def _note_back(self) -> None:
        if self._away:
            self._away = False
            _log.warning("MLflow at %s has got all that was kept", self._link.uri)


def _link_to(folder: Path, uri: str, run_id: str | None) -> Link:
    """Return the folder's link if it leads to this store and run, else one with nothing sent.

    The run is looked for under another URI too: it may be the same store behind a server, and
    points that are sent again are not doubled.
    """
    link = read_link(folder)
    if link is None or run_id not in (None, link.run_id):
        return Link(uri, run_id)
    return link if link.uri == uri else Link(uri, link.run_id)


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:200]
