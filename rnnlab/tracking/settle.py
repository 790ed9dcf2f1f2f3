"""Tell MLflow how a run ended whose process could not do so itself."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from rnnlab.tracking.link import Link, is_copy, read_link
from rnnlab.tracking.mlflow_run import MlflowRun, Status
from rnnlab.tracking.opening import find_run, open_run
from rnnlab.tracking.points import has_whole_line, read_from
from rnnlab.tracking.spool import Spool
from rnnlab.tracking.store import import_mlflow
from rnnlab.tracking.uri import SQLITE, redacted, tracking_uri

_log = logging.getLogger(__name__)


def is_settled(folder: Path, status: Status) -> bool:
    """Return whether MLflow has confirmed all points and this final status of a run folder.

    A folder that was never tracked has nothing to settle.

    Raises:
        StorageError: ``mlflow.json`` cannot be read.
    """
    link = read_link(folder)
    if link is None:
        return True
    return link.status == status and not has_whole_line(folder / "metrics.jsonl", link.sent)


def settle(
    folder: Path,
    status: Status,
    cause: str | None = None,
    *,
    uri: str | None = None,
    params: Mapping[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
    artifacts: Iterable[Path] = (),
    experiment: str | None = None,
    run_name: str | None = None,
    timeout: float = 60.0,
    patience: float = 5.0,
) -> bool:
    """Send what MLflow lacks of a run folder, then its final status; return whether it has it all.

    For a run that was killed, or ended while the store was away. Nobody else may be writing to
    the folder. What is settled already costs no import of mlflow. A store that is away, and a run
    or an experiment that somebody has deleted in MLflow, cost one warning.

    Args:
        folder: The run folder; a torn last line of its ``metrics.jsonl`` is neither sent nor cut.
        status: The final status.
        cause: Why the run ended so; the tag ``rnnlab.cause``.
        uri: The tracking URI of the run's config. It is used where it names the store of the
            folder's link, which is kept without password; so is ``MLFLOW_TRACKING_URI``.
        params: The resolved config; params that MLflow has are left as they are.
        tags: Tags that may have been lost with the process.
        artifacts: Files and folders to upload, those of them that exist.
        experiment: Where to make the MLflow run if the store was away for all of the run's life;
            by default none is made. One that was made and deleted is never made again.
        run_name: The name of such a run; the folder's by default.
        timeout: The most seconds to wait while sending goes on.
        patience: The seconds without progress after which a store that is away is given up.

    Raises:
        StorageError: A file of the folder cannot be read or written.
    """
    link = read_link(folder)
    if link is None or is_settled(folder, status):
        return True
    if is_copy(folder, link):
        # It gets an MLflow run of its own, where its config says.
        link = replace(link, uri=redacted(tracking_uri(uri)) if uri else link.uri, run_id=None)
    if link.run_id is None and experiment is None:
        _log.warning("MLflow at %s never got the run %s", link.uri, folder)
        return False
    address = address_of(link, uri)
    points = folder / "metrics.jsonl"
    began = _first_timestamp(points)

    def opened(link: Link, proceed: Callable[[], None]) -> MlflowRun:
        if link.run_id is not None:
            return find_run(address, link.run_id)
        name = run_name or folder.name
        return open_run(
            address, str(experiment), name, key=link.key, start_time=began, proceed=proceed
        )

    # Here and not in the thread: two threads that import at once can break an import.
    import_mlflow()
    spool = Spool(folder, address, opened, quiet=True)
    if params:
        spool.submit(lambda run: run.log_params(params))
    if tags:
        spool.submit(lambda run: run.set_tags(tags))
    for path in artifacts:
        if path.exists():
            spool.submit(lambda run, path=path: run.log_artifact(path))  # type: ignore[misc]
    # A killed process leaves no other trace of when it was last alive.
    ended = points.stat().st_mtime_ns // 1_000_000 if points.exists() else None
    # A file's time comes from a clock that may lag by some milliseconds.
    ended = ended if ended is None or began is None else max(ended, began)
    return spool.close(status, cause, end_time=ended, timeout=timeout, patience=patience)


def address_of(link: Link, uri: str | None) -> str:
    """Return the link's URI with its password, if one of the URIs at hand is the same with it."""
    for candidate in (uri, os.environ.get("MLFLOW_TRACKING_URI")):
        if candidate and redacted(address := tracking_uri(candidate)) == link.uri:
            return address
    if uri and link.uri.startswith(SQLITE) and not Path(link.uri.removeprefix(SQLITE)).exists():
        # The folder of all runs was moved, and the database in it.
        return tracking_uri(uri)
    return link.uri


def _first_timestamp(points: Path) -> int | None:
    if not points.exists():
        return None
    return next((point.timestamp for point, _ in islice(read_from(points, 0), 1)), None)
