from __future__ import annotations

from pathlib import Path

import pytest
from hydra._internal.config_search_path_impl import ConfigSearchPathImpl
from hydra.core.plugins import Plugins
from hydra.plugins.search_path_plugin import SearchPathPlugin

from rnnlab.plugins.conf import packaged_conf
from rnnlab.plugins.search_path import ComponentSearchPath, register


def searched(main: Path) -> list[tuple[str | None, str | None]]:
    """Return who looks where, once a program with configs in ``main`` has started."""
    path = ConfigSearchPathImpl()
    path.append("hydra", "pkg://hydra.conf")
    path.append("main", f"file://{main}")
    path.append("schema", "structured://")
    ComponentSearchPath().manipulate_search_path(path)
    return [(item.provider, item.path) for item in path.get_path()]


def test_what_is_installed_comes_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert searched(packaged_conf()) == [
        ("hydra", "pkg://hydra.conf"),
        ("main", f"conf://{packaged_conf()}"),
        ("schema", "structured://"),
        ("rnnlab", "rnnlab://plugins"),
        ("rnnlab", "rnnlab-conf://plugins"),
    ]


def test_the_working_directory_s_conf_comes_before_the_packaged_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "conf").mkdir()
    monkeypatch.chdir(tmp_path)
    found = searched(packaged_conf())
    own = found.index(("rnnlab", f"conf://{tmp_path}/conf"))
    assert found[own + 1] == ("main", f"conf://{packaged_conf()}")


def test_other_programs_are_left_alone(tmp_path: Path) -> None:
    assert [provider for provider, _ in searched(tmp_path)] == ["hydra", "main", "schema"]


def test_registering_again_changes_nothing() -> None:
    register()
    before = Plugins.instance().discover(SearchPathPlugin)
    register()
    assert Plugins.instance().discover(SearchPathPlugin) == before
    assert before.count(ComponentSearchPath) == 1
