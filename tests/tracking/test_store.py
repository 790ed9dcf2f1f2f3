from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from rnnlab.errors import ConfigError
from rnnlab.tracking.schema import check_store
from rnnlab.tracking.store import (
    artifact_location,
    connect,
    environment,
    ui_command,
)


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def test_what_the_user_set_for_mlflow_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "7")
    monkeypatch.delenv("MLFLOW_DISABLE_TELEMETRY", raising=False)
    assert environment()["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "7"
    assert environment()["MLFLOW_DISABLE_TELEMETRY"] == "true"


def test_artifacts_lie_beside_the_database() -> None:
    assert artifact_location("sqlite:////o/mlflow.db", "a/b c") == "file:///o/artifacts/a%252Fb%20c"
    assert artifact_location("http://host", "a") is None


def test_the_dashboard_listens_on_this_machine_only_with_the_host_check() -> None:
    command = ui_command("sqlite:////o/mlflow.db", 5001)
    assert command[:5] == [sys.executable, "-P", "-m", "mlflow", "server"]
    options = dict(zip(command[5::2], command[6::2], strict=True))
    assert options["--host"] == "127.0.0.1"
    assert options["--port"] == "5001"
    assert options["--allowed-hosts"] == "127.0.0.1:5001,localhost:5001"
    assert options["--backend-store-uri"] == "sqlite:////o/mlflow.db"
    assert options["--default-artifact-root"] == "file:///o/artifacts"


def test_a_server_has_its_own_dashboard() -> None:
    with pytest.raises(ConfigError, match="open http://host:1 in a browser"):
        ui_command("http://user:pw@host:1", 5001)


@pytest.mark.slow
def test_processes_that_start_at_once_share_a_new_store(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path}/new/mlflow.db"
    code = f"from rnnlab.tracking.store import connect; connect({uri!r}).create_experiment"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", f"{code}('e{i}')"], stderr=subprocess.PIPE, cwd=tmp_path
        )
        for i in range(2)
    ]
    errors = [process.communicate(timeout=120)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], errors
    assert errors == [b"", b""]
    names = {e.name for e in connect(uri).search_experiments()}
    assert names == {"Default", "e0", "e1"}


def test_the_package_imports_neither_mlflow_nor_torch() -> None:
    code = (
        "import sys, rnnlab.tracking, rnnlab.tracking.mlflow_run, rnnlab.tracking.spool;"
        "print({'mlflow', 'torch', 'pytorch_lightning', 'psutil'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


@pytest.mark.slow
def test_a_process_killed_while_it_makes_the_store_leaves_none(tmp_path: Path) -> None:
    database = tmp_path / "mlflow.db"
    uri = f"sqlite:///{database}"
    code = f"from rnnlab.tracking.store import connect; connect({uri!r})"
    making = subprocess.Popen([sys.executable, "-c", code])
    try:
        while not list(tmp_path.glob(".*.new")) and making.poll() is None:
            time.sleep(0.02)
        time.sleep(0.1)
        assert not database.exists()
    finally:
        making.kill()
        making.wait()
    assert not database.exists()
    client = connect(uri)
    assert [experiment.name for experiment in client.search_experiments()] == ["Default"]
    check_store(uri)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mlflow.db", "mlflow.db.lock"]
