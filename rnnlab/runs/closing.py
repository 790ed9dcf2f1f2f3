"""Ends that nobody could write: of killed processes, and what a tracking server missed.

A process that is killed writes nothing, so the next command that looks at its run does.
"""

from __future__ import annotations

import logging
from pathlib import Path

from rnnlab.errors import ConfigError, Refused, RnnlabError, StorageError
from rnnlab.runs.finding import all_runs
from rnnlab.runs.folder import RunFolder, Status
from rnnlab.runs.ownership import is_abandoned, owned
from rnnlab.tracking.settle import is_settled

_log = logging.getLogger(__name__)


def close_abandoned(output_dir: Path) -> list[RunFolder]:
    """Mark every run as killed whose process is gone, in its folder and in MLflow.

    Args:
        output_dir: Where runs are looked for.

    Returns:
        The runs that were marked.
    """
    closed = []
    for folder in all_runs(output_dir):
        try:
            if is_abandoned(folder.read_status()) and close(folder):
                closed.append(folder)
        except (StorageError, Refused):
            continue  # whoever asks for this run is told
    return closed


def sync(output_dir: Path) -> tuple[int, int]:
    """Send MLflow what it lacks of runs that have ended, from servers that were away then.

    Args:
        output_dir: Where runs are looked for.

    Returns:
        How many runs were sent, and how many could not be.
    """
    sent = left = 0
    for folder in all_runs(output_dir):
        try:
            if not _lacks(folder):
                continue
            # Nobody else is to send the same, or to go on with the run meanwhile.
            with owned(folder):
                done = not _lacks(folder) or _settle(folder)
        except RnnlabError as error:
            _log.warning("%s", error)
            done = False
        sent, left = sent + done, left + (not done)
    return sent, left


def close(folder: RunFolder) -> bool:
    """Mark one run as killed if its process is gone; return whether it was."""
    try:
        with owned(folder):
            status = folder.read_status()
            if not is_abandoned(status):
                return False
            cause = f"process {status.get('pid')} on {status['host']} ended without a word"
            folder.write_status(Status.KILLED, cause)
            if folder.manifest.exists():  # else MLflow has not heard of it
                try:
                    _settle(folder)
                except RnnlabError as error:
                    _log.warning("%s", error)
    # Somebody else was faster, or the folder is not ours to write.
    except (ConfigError, StorageError):
        return False
    return True


def _lacks(folder: RunFolder) -> bool:
    """Return whether a run has ended and MLflow has not all of it."""
    status = folder.read_status().get("status")
    if status in (None, Status.CREATED, Status.RUNNING):
        return False
    return folder.link.exists() and not is_settled(folder.path, status)


def _settle(folder: RunFolder) -> bool:
    # Late, for it imports torch, which a list of runs does not need.
    from rnnlab.runs.record import settle

    return settle(folder)
