"""Files that are made of a run after it has ended, shown beside it in MLflow."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

from rnnlab.tracking.link import is_copy, read_link
from rnnlab.tracking.opening import find_run
from rnnlab.tracking.outage import first_line
from rnnlab.tracking.settle import address_of
from rnnlab.tracking.store import import_mlflow

_log = logging.getLogger(__name__)


def attach(
    folder: Path, paths: Iterable[Path], artifact_path: str, *, uri: str | None = None
) -> bool:
    """Upload files to the MLflow run that shows a run folder; return whether they are there.

    A folder that was never tracked, or is a copy of another, has none. A store that is away and a
    run that was deleted cost one warning: the files stay where they are.

    Args:
        folder: The run folder.
        paths: Files and folders; those of the same name are replaced.
        artifact_path: The folder of artifacts that they go into.
        uri: The tracking URI of the run's config; see :func:`rnnlab.tracking.settle.settle`.

    Raises:
        StorageError: The folder's ``mlflow.json`` cannot be read.
    """
    link = read_link(folder)
    if link is None or link.run_id is None or is_copy(folder, link):
        return False
    import_mlflow()
    try:
        run = find_run(address_of(link, uri), link.run_id)
        for path in paths:
            run.log_artifact(path, artifact_path)
    except Exception as error:  # MLflow's own, of requests, of databases, of object stores
        why = first_line(error)
        _log.warning("MLflow at %s has not got what was made of the run: %s", link.uri, why)
        return False
    return True
