from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rnnlab.plugins.allowed import allowing
from rnnlab.plugins.installed import installed
from rnnlab.plugins.plugin_conf import conf_files, conf_options, folder_of, groups_of_plugins

Install = Callable[..., Path]
FILES = {
    "a_music/__init__.py": "raise RuntimeError",
    "a_music/conf/experiment/jsb.yaml": "seed: 1\n",
    "a_music/conf/experiment/paper/one.yaml": "seed: 2\n",
    "a_music/conf/augment/noise.yaml": "a: 1\n",
    "a_music/conf/config.yaml": "seed: 3\n",
}


@pytest.fixture
def music(install: Install) -> Path:
    return install("rnnlab-a", {"conf": {"music": "a_music.conf"}}, FILES)


def options(group: str) -> list[str]:
    return [item.qualified for item in conf_options(group) if item.distribution == "rnnlab-a"]


def test_a_folder_is_found_without_importing_its_package(music: Path) -> None:
    (component,) = [item for item in installed("conf") if item.distribution == "rnnlab-a"]
    assert folder_of(component) == music / "a_music" / "conf"
    assert options("experiment") == ["rnnlab-a:jsb", "rnnlab-a:paper/one"]
    assert {"experiment", "augment"} <= groups_of_plugins()
    assert "a_music" not in sys.modules


@pytest.mark.parametrize(
    "target", ["a_nowhere.conf", "a_music.nothing", "a_music.__init__", "a.b."]
)
def test_a_missing_folder_hurts_nobody(install: Install, music: Path, target: str) -> None:
    install("rnnlab-b", {"conf": {"b": target}})
    assert options("experiment") == ["rnnlab-a:jsb", "rnnlab-a:paper/one"]


@pytest.mark.parametrize(
    ("path", "inner"),
    [
        ("experiment/jsb", "experiment/jsb"),
        ("experiment/jsb.yaml", "experiment/jsb"),
        ("experiment/rnnlab-a:jsb", "experiment/jsb"),
        ("experiment/RNNlab_A:paper/one", "experiment/paper/one"),
        ("experiment/paper/one", "experiment/paper/one"),
        ("experiment/rnnlab-b:jsb", None),
        ("experiment/nope", None),
        ("config", None),
        ("experiment/../config", None),
        ("experiment/rnnlab-a:../config", None),
    ],
)
def test_paths_of_hydras(music: Path, path: str, inner: str | None) -> None:
    assert [found[2] for found in conf_files(path)] == ([inner] if inner else [])


def test_what_may_not_be_used_is_hidden(music: Path) -> None:
    with allowing([]):
        assert options("experiment") == []
        assert conf_files("experiment/jsb") == []
        assert len(conf_files("experiment/jsb", hidden=True)) == 1
    assert conf_files("experiment/jsb", hidden=True) == []
