from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.errors import ConfigError
from rnnlab.tracking.uri import redacted, tracking_uri


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def test_relative_sqlite_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert tracking_uri("sqlite:///a/b.db") == f"sqlite:///{tmp_path}/a/b.db"
    assert tracking_uri(None) == f"sqlite:///{tmp_path}/outputs/mlflow.db"
    assert tracking_uri(None, Path("/x")) == "sqlite:////x/mlflow.db"


def test_the_environment_comes_after_the_argument(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://host:5000")
    assert tracking_uri(None) == "http://host:5000"
    assert tracking_uri("sqlite:////x.db") == "sqlite:////x.db"


@pytest.mark.parametrize(
    "uri",
    ["https://h/base", "postgresql+psycopg2://u:p@h/db", "databricks", "databricks://profile"],
)
def test_other_stores_are_passed_on(uri: str) -> None:
    assert tracking_uri(uri) == uri


@pytest.mark.parametrize("uri", ["./mlruns", "file:///tmp/mlruns", "ftp://u:secret@host"])
def test_stores_that_mlflow_does_not_write_are_refused(uri: str) -> None:
    with pytest.raises(ConfigError, match=r"^tracking\.uri=.*sqlite:///") as caught:
        tracking_uri(uri)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "uri",
    ["http://", "http:///path", "http://host:port", "http://host:99999", "http://u:secret@[::1"],
)
def test_a_server_without_a_host_or_with_a_wrong_port_is_refused(uri: str) -> None:
    with pytest.raises(
        ConfigError, match=r"^tracking\.uri=http:.*: names no tracking store"
    ) as caught:
        tracking_uri(uri)
    assert "secret" not in str(caught.value)


def test_a_wrong_environment_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "nonsense")
    with pytest.raises(ConfigError, match=r"^MLFLOW_TRACKING_URI=nonsense: names no"):
        tracking_uri(None)


def test_a_slash_at_the_end_makes_no_other_store() -> None:
    assert tracking_uri("http://host:5000/") == "http://host:5000"


def test_passwords_are_taken_out() -> None:
    assert redacted("https://me:s@cret@host:1/x") == "https://host:1/x"
    assert redacted("sqlite:////a@b/mlflow.db") == "sqlite:////a@b/mlflow.db"
