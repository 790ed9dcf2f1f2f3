"""The store where MLflow keeps its runs: opened quietly, and a SQLite store made once."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from filelock import FileLock

from rnnlab.errors import ConfigError
from rnnlab.tracking.schema import check_database, check_store
from rnnlab.tracking.uri import SQLITE, redacted
from rnnlab.tracking.uri import tracking_uri as tracking_uri

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

SPOOL_THREAD = "rnnlab-spool"

# MLflow reads these when it is used, not when it is imported. A value of the user's wins.
_ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # The spool retries by itself, and a thread that waits inside a request cannot be stopped.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    # Params are logged whole or not at all; MLflow would cut them without a word.
    "MLFLOW_TRUNCATE_LONG_VALUES": "false",
}


def connect(uri: str) -> MlflowClient:
    """Return a client of the store; a missing SQLite store is made first.

    The first client of a SQLite file migrates its schema. Two processes that do so at once break
    each other, so this happens under a file lock beside the database.

    Args:
        uri: An absolute URI, from ``tracking_uri``.

    Raises:
        StorageError: MLflow would have to migrate the database first, or cannot use it.
    """
    import_mlflow()
    from mlflow.tracking import MlflowClient

    if not uri.startswith(SQLITE):
        check_database(uri)
        return MlflowClient(tracking_uri=uri)
    database = Path(uri.removeprefix(SQLITE))
    database.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{database}.lock"):
        check_database(uri)
        if not database.exists():
            _make(database)
        return MlflowClient(tracking_uri=uri)


def _make(database: Path) -> None:
    """Make a SQLite store under another name first: whole, or not at all.

    It takes seconds. A process that ends meanwhile would leave a file that looks like the store of
    an older MLflow, and every later run would be refused.
    """
    from mlflow.tracking import MlflowClient

    draft = database.with_name(f".{database.name}.new")
    for left in (draft, Path(f"{draft}-journal")):
        left.unlink(missing_ok=True)
    MlflowClient(tracking_uri=f"{SQLITE}{draft}")
    draft.replace(database)


def environment() -> dict[str, str]:
    """Return this process's environment with quiet settings for MLflow where it has none.

    Telemetry is among what they turn off; start MLflow's own programs with it.
    """
    return {**_ENVIRONMENT, **os.environ}


def import_mlflow() -> None:
    """Import mlflow with its chatter and its telemetry turned off; costs over a second once."""
    os.environ.update(environment())
    import mlflow.tracking  # noqa: F401

    for name in ("mlflow", "alembic"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.WARNING)
        for handler in logger.handlers:
            # Adding it a second time changes nothing.
            handler.addFilter(_not_ours)


def _not_ours(record: logging.LogRecord) -> bool:
    """Keep MLflow from printing what goes wrong in our thread: it raises that as well.

    The spool then says in one line what MLflow would show as a traceback at every attempt.
    """
    ours = record.name.split(".")[0] == "rnnlab"
    return ours or record.threadName != SPOOL_THREAD


def artifact_location(uri: str, experiment: str) -> str | None:
    """Return where the artifacts of a new experiment go; None where a server decides.

    Beside a SQLite file, in ``artifacts/``; MLflow itself would take the working directory.
    """
    if not uri.startswith(SQLITE):
        return None
    folder = Path(uri.removeprefix(SQLITE)).parent / "artifacts" / quote(experiment, safe=" ")[:200]
    return folder.as_uri()


def ui_command(uri: str, port: int) -> list[str]:
    """Return the command of MLflow's dashboard on 127.0.0.1, for a store or a database.

    Args:
        uri: A store from ``tracking_uri``; a server has a dashboard of its own already.
        port: The TCP port.

    Raises:
        ConfigError: The URI is that of a server.
        StorageError: The database is a file that MLflow cannot use as it is.
    """
    if urlsplit(uri).scheme in ("http", "https"):
        raise ConfigError(f"is a server; open {redacted(uri)} in a browser", key="tracking.uri")
    check_store(uri)
    command = [sys.executable, "-P", "-m", "mlflow", "server", "--backend-store-uri", uri]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    # The host check compares host and port as one string; it guards against DNS rebinding.
    command += ["--allowed-hosts", f"127.0.0.1:{port},localhost:{port}"]
    if uri.startswith(SQLITE):
        root = Path(uri.removeprefix(SQLITE)).parent / "artifacts"
        command += ["--default-artifact-root", root.as_uri()]
    return command
