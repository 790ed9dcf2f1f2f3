from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from omegaconf import OmegaConf

from rnnlab.config.allow_list import allow_list
from rnnlab.config.compose import compose
from rnnlab.config.stored import read_stored
from rnnlab.config.validate import mistakes_of
from rnnlab.errors import ConfigError

Install = Callable[..., Path]
# Leaves a mark when it is imported.
CELL = """
import pathlib
from rnnlab.cells.base import Cell
pathlib.Path(__file__).with_name('imported').touch()
class X(Cell):
    def __init__(self, input_size: int) -> None: ...
"""


@pytest.fixture
def site(install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "conf" / "plugins").mkdir(parents=True)
    (tmp_path / "conf" / "experiment").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return install("rnnlab-a", {"cell": {"mine": "a_cells:X"}}, {"a_cells.py": CELL})


def write(path: str, text: str) -> None:
    (Path("conf") / path).write_text(text)


def test_all_are_allowed_by_default(site: Path) -> None:
    assert allow_list() is None
    assert compose(["cell=mine"]).cell._target_ == "a_cells.X"
    assert (site / "imported").exists()


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ({"plugins.allow": ["rnnlab-a"]}, ["rnnlab-a"]),
        ({"plugins.allow": None}, None),
        ({"plugins": "strict"}, ["rnnlab-c"]),
        ({"plugins": "strict", "plugins.allow": []}, []),
        ({}, ["rnnlab-b"]),
    ],
)
def test_the_command_line_has_the_last_word(
    site: Path, said: dict[str, Any], names: list[str] | None
) -> None:
    write("plugins/default.yaml", "allow: [rnnlab-b]\n")
    write("plugins/strict.yaml", "allow: [rnnlab-c]\n")
    assert allow_list(said) == names


@pytest.mark.parametrize("value", ["rnnlab-a", [1], {"a": 1}, 3, "${oc.env:X}"])
def test_what_is_no_list_is_refused(value: object) -> None:
    with pytest.raises(ConfigError, match=r"^plugins\.allow=.*: must be null, for all, or a list "):
        allow_list({"plugins.allow": value})


@pytest.mark.parametrize("how", ["override", "file", "option"])
def test_nothing_of_another_is_imported(site: Path, how: str) -> None:
    overrides = ["cell=mine"]
    if how == "override":
        overrides.append("plugins.allow=[rnnlab-b]")
    elif how == "file":
        write("plugins/default.yaml", "allow: [rnnlab-b]\n")
    else:
        write("plugins/strict.yaml", "allow: [rnnlab-b]\n")
        overrides.append("plugins=strict")
    with pytest.raises(ConfigError) as caught:
        compose(overrides)
    assert str(caught.value) == (
        "cell=mine: belongs to rnnlab-a, which is not among the allowed plugins "
        "(plugins.allow: rnnlab-b)"
    )
    assert not (site / "imported").exists()


def test_what_an_experiment_says_is_held_too(site: Path) -> None:
    write("experiment/strict.yaml", "# @package _global_\nplugins: {allow: []}\n")
    (mistake,) = mistakes_of(compose(["cell=mine", "experiment=strict"]))
    assert str(mistake) == (
        "cell._target_=a_cells.X: belongs to rnnlab-a, which is not among the allowed plugins "
        "(plugins.allow: none)"
    )


def test_a_stored_list_is_in_force_before_any_import(site: Path, tmp_path: Path) -> None:
    config = compose(["cell=gru", "plugins.allow=[rnnlab-b]"])
    assert config.plugins.allow == ["rnnlab-b"]
    OmegaConf.save(config, tmp_path / "config.yaml")
    assert read_stored(tmp_path / "config.yaml") == config
    config.cell = {"_target_": "a_cells.X"}
    OmegaConf.save(config, tmp_path / "config.yaml")
    with pytest.raises(ConfigError, match="which is not among the allowed plugins"):
        read_stored(tmp_path / "config.yaml")
    assert not (site / "imported").exists()


def test_the_config_of_an_older_run_allows_all(site: Path) -> None:
    config = compose(["cell=mine"])
    OmegaConf.set_struct(config, False)
    del config["plugins"]
    assert mistakes_of(config) == []


@pytest.mark.parametrize("plugins", [3, None, {"allow": "rnnlab-a"}, {"allow": [3]}, {"other": 1}])
def test_a_stored_list_that_is_none_is_a_mistake(site: Path, plugins: object) -> None:
    config = compose(["cell=gru"])
    OmegaConf.set_struct(config, False)
    config.plugins = plugins
    assert [mistake for mistake in mistakes_of(config) if str(mistake).startswith("plugins")]


def test_switched_off_by_the_environment(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RNNLAB_DISABLE_PLUGINS", "1")
    with pytest.raises(ConfigError, match=r"^cell=mine: .* disabled by RNNLAB_DISABLE_PLUGINS$"):
        compose(["cell=mine"])
    assert not (site / "imported").exists()
