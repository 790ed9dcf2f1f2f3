"""Whether a database fits the installed MLflow, asked before MLflow opens it.

MLflow migrates some older databases without a word when it opens them, which locks out every
older MLflow that uses the same database. Migrating is for the user to decide.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import sqlite3
import time
from pathlib import Path
from urllib.parse import quote

from rnnlab.errors import StorageError
from rnnlab.tracking.uri import SQLITE, is_database, redacted

_REVISION = re.compile(r"^(down_)?revision(?:\s*:[^=\n]*)?\s*=\s*(.*)$", re.MULTILINE)
_IDENTIFIER = re.compile(r"[\"'](\w+)[\"']")
# A database that is being made passes through every older schema within a few seconds.
_FRESH, _PATIENCE = 10.0, 30.0


def check_store(uri: str) -> None:
    """Check that MLflow can use a SQLite store as it is; imports nothing that is slow.

    A store that is missing or locked passes, and so does a server, which checks by itself.

    Args:
        uri: An absolute URI, from ``tracking_uri``.

    Raises:
        StorageError: The schema is older or newer than the installed MLflow's, or the file is
            something else.
    """
    if not uri.startswith(SQLITE):
        return
    database = Path(uri.removeprefix(SQLITE))
    deadline = time.monotonic() + _PATIENCE
    while (fault := _fault(uri, *(_sqlite_schema(uri, database) or (set(), None)))) is not None:
        age = time.time() - database.stat().st_mtime
        if not 0 <= age < _FRESH or time.monotonic() > deadline:
            raise StorageError(f"tracking.uri={uri}: {fault}")
        time.sleep(0.2)


def check_database(uri: str) -> None:
    """Check any database with SQLAlchemy, which takes a connection; servers pass.

    Raises:
        StorageError: As for ``check_store``, or it is locked.
    """
    if uri.startswith(SQLITE):
        if _sqlite_schema(uri, Path(uri.removeprefix(SQLITE))) is None:
            # MLflow would migrate an older one as soon as the lock is gone.
            raise StorageError(f"tracking.uri={uri}: is locked")
        check_store(uri)
    elif is_database(uri):
        import sqlalchemy

        engine = sqlalchemy.create_engine(uri)
        try:
            tables = set(sqlalchemy.inspect(engine).get_table_names())
            revision = None
            if "alembic_version" in tables:
                with engine.connect() as connection:
                    query = sqlalchemy.text("SELECT version_num FROM alembic_version")
                    revision = connection.execute(query).scalar()
        finally:
            engine.dispose()
        if (fault := _fault(uri, tables, revision)) is not None:
            raise StorageError(f"tracking.uri={redacted(uri)}: {fault}")


def _fault(uri: str, tables: set[str], revision: str | None) -> str | None:
    """Return why MLflow must not open a database of these tables, or None."""
    known, head = _revisions()
    if not tables - {"alembic_version"} or head is None or revision == head:
        return None
    if "experiments" not in tables:
        return "a database of another program; name a file of MLflow's own"
    if revision is None or revision in known:
        return (
            "has an older schema; back it up and migrate it with: "
            f"mlflow db upgrade {redacted(uri)}"
        )
    version = importlib.metadata.version("mlflow")
    return (
        f"has a newer schema ({revision}) than mlflow {version} knows; "
        "update it with: pip install --upgrade mlflow"
    )


def _sqlite_schema(uri: str, database: Path) -> tuple[set[str], str | None] | None:
    """Return the tables and MLflow's revision, none for a missing file; None for a locked one."""
    if not database.exists():
        return set(), None
    if not database.is_file():
        raise StorageError(f"tracking.uri={uri}: is no file")
    connection = None
    try:
        # Not read-only: what a killed process left half written is rolled back by the next opening.
        connection = sqlite3.connect(f"file:{quote(str(database))}?mode=rw", uri=True, timeout=1)
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        tables = {name for (name,) in rows}
        revision = None
        if "alembic_version" in tables:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            revision = row[0] if row else None
    except sqlite3.DatabaseError as error:
        if "locked" in str(error) or "busy" in str(error):
            return None
        raise StorageError(f"tracking.uri={uri}: {error}") from error
    finally:
        if connection is not None:
            connection.close()
    return tables, revision


def _revisions() -> tuple[set[str], str | None]:
    """Return the schema revisions of the installed MLflow, and the newest; None if unknown.

    Read from its migration scripts as text: asking alembic imports all of MLflow.
    """
    spec = importlib.util.find_spec("mlflow")
    places = list(spec.submodule_search_locations or ()) if spec else []
    revisions: set[str] = set()
    followed: set[str] = set()
    for place in places:
        for script in Path(place, "store", "db_migrations", "versions").glob("*.py"):
            for down, value in _REVISION.findall(script.read_text(encoding="utf-8")):
                (followed if down else revisions).update(_IDENTIFIER.findall(value))
    newest = revisions - followed
    return revisions, newest.pop() if len(newest) == 1 else None
