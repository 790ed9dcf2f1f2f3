from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hydra.core.object_type import ObjectType

from rnnlab.errors import ConfigError, Refused
from rnnlab.plugins.allowed import allowing
from rnnlab.plugins.plugin_conf_source import PluginConfSource

Install = Callable[..., Path]


@pytest.fixture
def source(install: Install) -> PluginConfSource:
    both = "experiment/both.yaml"
    install(
        "rnnlab-a",
        {"conf": {"a": "a_conf"}},
        {
            f"a_conf/{both}": "# @package _global_\nseed: 1\n",
            "a_conf/experiment/one.yaml": "seed: 3\n",
            "a_conf/experiment/broken.yaml": "a: [1,\n",
            "a_conf/experiment/evil.yaml": "hydra: {searchpath: ['file:///x']}\n",
        },
    )
    install("rnnlab-b", {"conf": {"b": "b_conf"}}, {f"b_conf/{both}": "seed: 2\n"})
    return PluginConfSource("test", "rnnlab-conf://plugins")


def test_groups_and_options(source: PluginConfSource) -> None:
    assert source.available()
    assert source.is_group("experiment")
    assert not source.is_group("nothing")
    assert "experiment" in source.list("", ObjectType.GROUP)
    assert source.list("experiment", ObjectType.GROUP) == []
    found = set(source.list("experiment", ObjectType.CONFIG))
    assert {"rnnlab-a:both", "rnnlab-b:both", "one"} <= found
    assert "both" not in found
    assert source.is_config("experiment/both")
    assert not source.is_config("config")


def test_one_file_is_read_with_its_header(source: PluginConfSource) -> None:
    result = source.load_config("experiment/rnnlab-a:both")
    assert (result.config, result.header["package"]) == ({"seed": 1}, "_global_")
    assert source.load_config("experiment/one").config == {"seed": 3}


def test_a_name_of_several_is_refused_with_all(source: PluginConfSource) -> None:
    with pytest.raises(ConfigError) as caught:
        source.load_config("experiment/both")
    assert caught.value.valid == ("rnnlab-a:both", "rnnlab-b:both")


def test_a_plugins_file_is_checked_as_the_users_own(source: PluginConfSource) -> None:
    with pytest.raises(ConfigError, match=r"broken\.yaml:2: broken YAML"):
        source.load_config("experiment/broken")
    with pytest.raises(Refused, match=r"evil\.yaml: hydra: sets up Hydra itself"):
        source.load_config("experiment/evil")


def test_what_may_not_be_used_says_why(source: PluginConfSource) -> None:
    with allowing([]), pytest.raises(ConfigError, match=r"^experiment=one: belongs to rnnlab-a, "):
        source.load_config("experiment/one")
