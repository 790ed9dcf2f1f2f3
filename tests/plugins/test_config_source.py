from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hydra.core.object_type import ObjectType
from omegaconf import DictConfig

from rnnlab.errors import ConfigError
from rnnlab.plugins.config_source import ComponentSource


@pytest.fixture
def source(stranger: Path) -> ComponentSource:
    return ComponentSource("test", "rnnlab://plugins")


def test_groups_and_options_come_from_metadata(source: ComponentSource) -> None:
    assert source.available()
    assert source.list("", None) == ["backbone", "callbacks", "cell", "dataset", "task"]
    assert source.list("", ObjectType.CONFIG) == []
    assert "leaky" in source.list("cell", ObjectType.CONFIG)
    assert source.list("cell", ObjectType.GROUP) == []
    assert source.is_group("cell")
    assert not source.is_group("cell/leaky")
    assert source.is_config("cell/leaky.yaml")
    assert not source.is_config("cell/nope")
    assert not source.is_config("config")
    assert not [name for name in sys.modules if name.startswith("stranger_")]


def test_loading_gives_the_node_of_the_class(source: ComponentSource) -> None:
    result = source.load_config(config_path="cell/leaky")
    assert isinstance(result.config, DictConfig)
    assert result.config.hidden_size == 8
    assert result.header == {"package": None}


def test_each_callback_has_a_place_of_its_own(source: ComponentSource) -> None:
    assert source.load_config("callbacks/quiet").header == {"package": "callbacks.quiet"}


def test_a_default_of_the_wrong_type_is_the_plugins_fault(
    source: ComponentSource, stranger: Path
) -> None:
    (stranger / "stranger_broken.py").write_text(
        "from rnnlab.cells.base import Cell as Base\n"
        "class Cell(Base):\n    def __init__(self, size: int = 'many'): ...\n"
    )
    with pytest.raises(ConfigError, match=r"^cell=broken: rnnlab-stranger 2\.5 offers stranger_br"):
        source.load_config("cell/broken")
