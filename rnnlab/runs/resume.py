"""``rnnlab resume``: execute a run folder again, from its last checkpoint."""

from __future__ import annotations

import socket
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil

from rnnlab.errors import ConfigError
from rnnlab.runs.execute import execute
from rnnlab.runs.folder import RunFolder, Status, find


def resume(run: str, output_dir: Path) -> RunFolder:
    """Go on with a run that did not finish.

    Args:
        run: A folder, an MLflow run id, an unambiguous prefix, or ``last``.
        output_dir: Where runs are looked for.

    Raises:
        ConfigError: There is no such run, it has finished, or it is running on this machine.
    """
    folder = find(run, output_dir)
    status = folder.read_status()
    if status.get("status") == Status.FINISHED:
        raise ConfigError("the run has finished", key="RUN", value=folder.path.name)
    if (process := _running(status)) is not None:
        raise ConfigError(
            f"process {process} is training it now", key="RUN", value=folder.path.name
        )
    execute(folder, resume=True)
    return folder


def _running(status: dict[str, Any]) -> int | None:
    """Return the process that executes a run on this machine, or None where none is known."""
    if status.get("status") != Status.RUNNING or status["host"] != socket.gethostname():
        return None
    try:
        process = psutil.Process(status["pid"])
        began = process.create_time()
    except psutil.Error:
        return None
    # A younger process has only been given the number of one that is gone.
    said = datetime.fromisoformat(status["times"][Status.RUNNING]).timestamp()
    return (
        int(status["pid"]) if began <= said and process.status() != psutil.STATUS_ZOMBIE else None
    )
