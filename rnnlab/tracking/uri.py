"""Tracking URIs: made absolute, and shown without their password."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from rnnlab.errors import ConfigError

SQLITE = "sqlite:///"
_VARIABLE = "MLFLOW_TRACKING_URI"
_DATABASES = ("postgresql", "mysql", "mssql", "sqlite")


def tracking_uri(uri: str | None = None, outputs: Path = Path("outputs")) -> str:
    """Return the absolute URI of the tracking store.

    Args:
        uri: What the user asked for; None or empty for ``MLFLOW_TRACKING_URI``, and without that
            for SQLite in ``outputs``.
        outputs: The folder of ``mlflow.db``.

    Raises:
        ConfigError: The URI names no store that MLflow still writes to.
    """
    key = "tracking.uri" if uri else _VARIABLE
    uri = uri or os.environ.get(_VARIABLE) or f"{SQLITE}{outputs}/mlflow.db"
    if uri.startswith(SQLITE):
        return SQLITE + str(Path(uri.removeprefix(SQLITE)).expanduser().absolute())
    if _is_address(uri) or uri.split("://")[0] == "databricks" or is_database(uri):
        return uri.rstrip("/")
    raise ConfigError(
        "names no tracking store",
        key=key,
        value=redacted(uri),
        valid=["sqlite:///FOLDER/mlflow.db", "http://HOST:PORT", "https://HOST", "a database URI"],
    )


def _is_address(uri: str) -> bool:
    """Return whether a URI names a server, with a host and a port that can be."""
    try:
        parts = urlsplit(uri)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def is_database(uri: str) -> bool:
    """Return whether a URI names a database, and not a server."""
    return "://" in uri and uri.split("://", 1)[0].split("+", 1)[0] in _DATABASES


def redacted(uri: str) -> str:
    """Return the URI without user name and password, for files and messages."""
    try:
        parts = urlsplit(uri)
    except ValueError:  # brackets without an address in them
        return re.sub("//.*@", "//", uri)
    if "@" not in parts.netloc:
        return uri
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
