"""Where MLflow keeps its runs: tracking URIs, made absolute, and the SQLite store, made once."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit, urlunsplit

from filelock import FileLock

from rnnlab.errors import ConfigError

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

_SQLITE = "sqlite:///"
_DATABASES = ("postgresql", "mysql", "mssql", "sqlite")

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


def tracking_uri(uri: str | None = None, outputs: Path = Path("outputs")) -> str:
    """Return the absolute URI of the tracking store.

    Args:
        uri: What the user asked for; None or empty for ``MLFLOW_TRACKING_URI``, and without that
            for SQLite in ``outputs``.
        outputs: The folder of ``mlflow.db``.

    Raises:
        ConfigError: The URI names no store that MLflow still writes to.
    """
    uri = uri or os.environ.get("MLFLOW_TRACKING_URI") or f"{_SQLITE}{outputs}/mlflow.db"
    if uri.startswith(_SQLITE):
        return _SQLITE + str(Path(uri.removeprefix(_SQLITE)).expanduser().absolute())
    scheme = uri.split("://", 1)[0].split("+", 1)[0] if "://" in uri else ""
    if scheme in ("http", "https", *_DATABASES) or uri.split("://")[0] == "databricks":
        return uri.rstrip("/")
    raise ConfigError(
        "names no tracking store",
        key="tracking.uri",
        value=redacted(uri),
        valid=["sqlite:///FOLDER/mlflow.db", "http://HOST:PORT", "https://HOST", "a database URI"],
    )


def redacted(uri: str) -> str:
    """Return the URI without user name and password, for files and messages."""
    parts = urlsplit(uri)
    if "@" not in parts.netloc:
        return uri
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def connect(uri: str) -> MlflowClient:
    """Return a client of the store; a missing SQLite store is made first.

    The first client of a SQLite file migrates its schema. Two processes that do so at once break
    each other, so this happens under a file lock beside the database.

    Args:
        uri: An absolute URI, from ``tracking_uri``.
    """
    import_mlflow()
    from mlflow.tracking import MlflowClient

    if not uri.startswith(_SQLITE):
        return MlflowClient(tracking_uri=uri)
    database = Path(uri.removeprefix(_SQLITE))
    database.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{database}.lock"):
        return MlflowClient(tracking_uri=uri)


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
        logging.getLogger(name).setLevel(logging.WARNING)


def artifact_location(uri: str, experiment: str) -> str | None:
    """Return where the artifacts of a new experiment go; None where a server decides.

    Beside a SQLite file, in ``artifacts/``; MLflow itself would take the working directory.
    """
    if not uri.startswith(_SQLITE):
        return None
    folder = (
        Path(uri.removeprefix(_SQLITE)).parent / "artifacts" / quote(experiment, safe=" ")[:200]
    )
    return folder.as_uri()


def ui_command(uri: str, port: int) -> list[str]:
    """Return the command of MLflow's dashboard on 127.0.0.1, for a store or a database.

    Args:
        uri: A store from ``tracking_uri``; a server has a dashboard of its own already.
        port: The TCP port.

    Raises:
        ConfigError: The URI is that of a server.
    """
    if urlsplit(uri).scheme in ("http", "https"):
        raise ConfigError(f"is a server; open {redacted(uri)} in a browser", key="tracking.uri")
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", uri]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    # The host check compares host and port as one string; it guards against DNS rebinding.
    command += ["--allowed-hosts", f"127.0.0.1:{port},localhost:{port}"]
    if uri.startswith(_SQLITE):
        root = Path(uri.removeprefix(_SQLITE)).parent / "artifacts"
        command += ["--default-artifact-root", root.as_uri()]
    return command
