"""Where a search keeps its study: a journal in the sweep's folder, or a database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import optuna
from filelock import FileLock
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from optuna.storages.journal._file import BaseJournalFileLock

from rnnlab.errors import ConfigError, StorageError, one_line
from rnnlab.tracking.uri import redacted

JOURNAL = "study.journal"
_KEY = "sweep.storage"
_DRIVERS = {"postgresql": "psycopg[binary]", "mysql": "pymysql"}


def open_storage(storage: str | None, sweep_folder: Path) -> BaseStorage:
    """Return the storage of a study.

    Args:
        storage: An SQLAlchemy URL as it was written, ``${oc.env:…}`` in it is resolved here; None
            for a journal in the sweep's folder.
        sweep_folder: The folder of the sweep, which is there.

    Raises:
        ConfigError: It is no such URL, or its database needs a package that is not installed.
        StorageError: It cannot be reached, read or written.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    if storage is None:
        return _journal(sweep_folder / JOURNAL)
    with storage_errors(f"{_KEY}={redacted(storage)}"), FileLock(sweep_folder / ".tables.lock"):
        # Several processes that make the tables at once would be in each other's way.
        return _database(storage)


def close_storage(storage: BaseStorage) -> None:
    """Close the connections of a storage that nobody uses any more."""
    if isinstance(storage, RDBStorage):
        storage.remove_session()
        storage.engine.dispose()


@contextmanager
def storage_errors(place: str) -> Iterator[None]:
    """Turn what a storage raises into one line.

    Args:
        place: What to call the storage; never a resolved URL, which may hold a password.

    Raises:
        StorageError: It cannot be reached, read or written.
    """
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except OSError as error:
        raise StorageError(f"{place}: {error.strerror}") from error
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
        raise StorageError(f"{place}: the database refused: {_first_cause(error)}") from error


def _journal(path: Path) -> JournalStorage:
    with storage_errors(str(path)):
        try:
            return JournalStorage(JournalFileBackend(str(path), _MendingLock(path)))
        except (ValueError, LookupError, TypeError, AssertionError) as error:
            # It is a file like any other, and somebody may have written into it.
            raise StorageError(f"{path}: cannot be read: {error!r}") from error


def _database(written: str) -> RDBStorage:
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError

    try:
        url = str(OmegaConf.create({"storage": written})["storage"])
    except OmegaConfBaseException as error:
        raise ConfigError(str(error).splitlines()[0], key=_KEY, value=redacted(written)) from error
    try:
        # A connection that the server has closed meanwhile is opened again.
        return RDBStorage(url, engine_kwargs={"pool_pre_ping": True})
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        why = "is no URL of a database"
        valid = ["postgresql+psycopg://USER@HOST/DATABASE", "mysql+pymysql://USER@HOST/DATABASE"]
        raise ConfigError(why, key=_KEY, value=redacted(written), valid=valid) from error
    except ImportError as error:
        package = _DRIVERS.get(url.partition(":")[0].partition("+")[0], "its driver")
        why = f"needs a package that is not installed; install {package}"
        raise ConfigError(why, key=_KEY, value=redacted(written)) from error


def _first_cause(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    return one_line(str(error).strip().splitlines()[0] if str(error).strip() else repr(error))


class _MendingLock(BaseJournalFileLock):
    """The lock of a journal: the system releases it when its holder dies.

    Optuna's own locks outlive a killed holder for half a minute. A line that such a one did not
    finish would spoil the next one for ever; it is dropped.
    """

    def __init__(self, journal: Path) -> None:
        self._journal = journal
        self._lock = FileLock(journal.with_name(f".{journal.name}.lock"))

    def acquire(self) -> bool:
        self._lock.acquire()
        self._mend()
        return True

    def release(self) -> None:
        self._lock.release()

    def _mend(self) -> None:
        with self._journal.open("rb+") as file:
            end = file.seek(0, os.SEEK_END)
            if end == 0:
                return
            file.seek(end - 1)
            if file.read() == b"\n":
                return
            file.seek(0)
            file.truncate(file.read().rfind(b"\n") + 1)
