from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rnnlab.tracking.store import connect, import_mlflow

# Importing mlflow takes seconds and warns about its own parts; both belong to no single test.
import_mlflow()


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with MLflow's schema, which takes seconds to make: copy it."""
    database = tmp_path_factory.mktemp("store") / "mlflow.db"
    connect(f"sqlite:///{database}")
    return database


@pytest.fixture
def uri(empty_store: Path, tmp_path: Path) -> str:
    """The URI of a new store of the test's own."""
    database = tmp_path / "outputs" / "mlflow.db"
    database.parent.mkdir(exist_ok=True)
    shutil.copy(empty_store, database)
    return f"sqlite:///{database}"
