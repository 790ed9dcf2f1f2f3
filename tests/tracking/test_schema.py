from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy
from alembic import command
from mlflow.store.db.utils import _get_alembic_config, _get_latest_schema_revision
from mlflow.store.tracking.dbmodels.initial_models import Base
from mlflow.tracking import MlflowClient

from rnnlab.errors import StorageError
from rnnlab.tracking import RunLogger, check_store
from rnnlab.tracking.schema import _revisions, check_database
from rnnlab.tracking.store import connect, ui_command

# A revision of MLflow 2.x, many migrations ago.
OLDER = "cc1f77228345"


def execute(uri: str, *statements: str) -> None:
    """Change a store and make it look as if that were long ago."""
    database = uri.removeprefix("sqlite:///")
    connection = sqlite3.connect(database)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    os.utime(database, (1, 1))


def content(uri: str) -> list[str]:
    connection = sqlite3.connect(uri.removeprefix("sqlite:///"))
    lines = list(connection.iterdump())
    connection.close()
    return lines


@pytest.fixture(scope="session")
def older_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store as an older MLflow made it, by the migrations of that time."""
    database = tmp_path_factory.mktemp("older") / "mlflow.db"
    engine = sqlalchemy.create_engine(f"sqlite:///{database}")
    Base.metadata.create_all(engine)
    config = _get_alembic_config(str(engine.url))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, OLDER)
    engine.dispose()
    return database


@pytest.fixture
def older(older_store: Path, tmp_path: Path) -> str:
    """A store of an older MLflow, of the test's own, last written to long ago."""
    shutil.copy(older_store, tmp_path / "older.db")
    os.utime(tmp_path / "older.db", (1, 1))
    return f"sqlite:///{tmp_path}/older.db"


def test_the_newest_revision_is_what_mlflow_itself_expects() -> None:
    revisions, newest = _revisions()
    assert newest == _get_latest_schema_revision()
    assert OLDER in revisions
    assert len(revisions) > 20


def test_a_store_that_fits_or_is_not_there_passes(uri: str, tmp_path: Path) -> None:
    check_store(uri)
    check_store(f"sqlite:///{tmp_path}/missing.db")
    check_store("http://127.0.0.1:1")
    empty = tmp_path / "empty.db"
    empty.touch()
    check_store(f"sqlite:///{empty}")


def test_an_older_store_is_named_with_the_command_and_not_migrated(older: str) -> None:
    before = content(older)
    for check in (check_store, check_database, connect, lambda uri: ui_command(uri, 5000)):
        with pytest.raises(StorageError) as caught:
            check(older)
        assert caught.value.exit_code == 4
        line = str(caught.value)
        assert line.startswith(f"tracking.uri={older}: has an older schema")
        assert line.endswith(f"migrate it with: mlflow db upgrade {older}")
        assert "\n" not in line
    assert content(older) == before


def test_a_logger_leaves_an_older_store_as_it_is(
    older: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = content(older)
    run = RunLogger(
        tmp_path / "run",
        uri=older,
        experiment="e",
        run_name="r",
        params={},
        tags={},
        system_metrics=False,
    )
    assert not run.finish("FINISHED", patience=0)
    assert content(older) == before
    assert "mlflow db upgrade" in caplog.text
    assert sum(record.levelno >= logging.WARNING for record in caplog.records) <= 2


def test_mlflow_itself_would_have_migrated_it(older: str) -> None:
    """Why this is checked at all."""
    before = content(older)
    MlflowClient(older)
    assert content(older) != before
    check_store(older)


def test_a_newer_store(uri: str) -> None:
    execute(uri, "UPDATE alembic_version SET version_num = 'ffffffffffff'")
    with pytest.raises(StorageError, match=r"newer schema \(ffffffffffff\) than mlflow [\d.]+"):
        check_store(uri)


def test_what_is_no_store_of_mlflow(tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    execute(f"sqlite:///{other}", "CREATE TABLE studies (id INTEGER)")
    with pytest.raises(StorageError, match="another program"):
        check_store(f"sqlite:///{other}")
    text = tmp_path / "text.db"
    text.write_text("no database at all, but long enough for a header of one\n" * 20)
    with pytest.raises(StorageError, match="not a database"):
        check_store(f"sqlite:///{text}")
    with pytest.raises(StorageError, match="is no file"):
        check_store(f"sqlite:///{tmp_path}")


def test_a_locked_store_passes_and_is_not_opened(uri: str) -> None:
    execute(uri, f"UPDATE alembic_version SET version_num = '{OLDER}'")
    connection = sqlite3.connect(uri.removeprefix("sqlite:///"))
    connection.isolation_level = None
    connection.execute("BEGIN EXCLUSIVE")
    check_store(uri)
    # MLflow would wait for the lock, and then migrate what nobody has looked at.
    with pytest.raises(StorageError, match="is locked"):
        connect(uri)
    connection.close()


def test_a_store_that_is_being_made_is_waited_for(
    uri: str, empty_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute(uri, f"UPDATE alembic_version SET version_num = '{OLDER}'")
    database = Path(uri.removeprefix("sqlite:///"))
    os.utime(database)
    monkeypatch.setattr("time.sleep", lambda seconds: shutil.copy(empty_store, database))
    check_store(uri)


def test_checking_imports_nothing_slow(uri: str) -> None:
    code = (
        f"import sys; from rnnlab.tracking import check_store; check_store({uri!r});"
        "print({'mlflow', 'torch', 'sqlalchemy', 'alembic'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
