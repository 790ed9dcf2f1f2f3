"""A run folder is owned by one living process."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psutil
from filelock import FileLock, Timeout

from rnnlab.errors import ConfigError, StorageError
from rnnlab.runs.folder import RunFolder

_PATIENCE = 15.0


@contextmanager
def owned(folder: RunFolder) -> Iterator[None]:
    """Own a folder: the lock ends with the process, however it ends.

    Raises:
        ConfigError: A living process owns it; the message says which and since when.
        StorageError: The lock cannot be made: the folder is read-only, or gone.
    """
    lock = _acquire(folder)
    try:
        yield
    finally:
        lock.release()


def is_abandoned(status: dict[str, Any]) -> bool:
    """Return whether a run says that it goes on, on this machine, and its process is gone."""
    return (
        status.get("status") in ("CREATED", "RUNNING")
        and status.get("host") == socket.gethostname()
        and not _lives(status)
    )


def _acquire(folder: RunFolder) -> FileLock:
    lock = FileLock(folder.lock)
    began = time.monotonic()
    while True:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            status = folder.read_status()
            # Processes that read data for a run hold its lock too, and outlive it by some seconds.
            if is_abandoned(status) and time.monotonic() < began + _PATIENCE:
                time.sleep(0.1)
                continue
            raise _refusal(folder, status) from None
        except OSError as error:
            raise StorageError(f"{folder.lock}: {error.strerror or error}") from error
        status = folder.read_status()
        here = status.get("host") == socket.gethostname()
        if status.get("status") == "RUNNING" and here and _lives(status):
            # A file system without locks gives one to everybody.
            lock.release()
            raise _refusal(folder, status)
        return lock


def _refusal(folder: RunFolder, status: dict[str, Any]) -> ConfigError:
    since = status.get("times", {}).get(status.get("status"), "an unknown time")
    who = f"process {status.get('pid')} on {status.get('host')}"
    return ConfigError(f"{who} is executing it, since {since}", key="RUN", value=folder.path.name)


def _lives(status: dict[str, Any]) -> bool:
    try:
        said = datetime.fromisoformat(status["times"][status["status"]]).timestamp()
        process = psutil.Process(int(status["pid"]))
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        # A younger process has only been given the number of one that is gone.
        began = process.create_time()
    except psutil.Error:
        return False
    except (LookupError, TypeError, ValueError, OverflowError):
        return False  # a status that no process has written
    # The clock that counts since the start of the machine may be off by some seconds.
    return bool(began <= said + 2.0)
