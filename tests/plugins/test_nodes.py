from __future__ import annotations

from typing import Any

import pytest
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import ValidationError

from rnnlab.plugins import discovery
from rnnlab.plugins.nodes import configurable, node


@pytest.fixture
def leaky(stranger: object) -> DictConfig:
    return node(discovery.load("cell", "leaky"), "cell")


def test_a_node_is_target_and_defaults_without_what_the_framework_fills(leaky: DictConfig) -> None:
    assert OmegaConf.to_container(leaky) == {
        "_target_": "stranger_cells.leaky.Leaky",
        "hidden_size": 8,
        "rate": 1.0,
        "shape": "tanh",
        "bias": True,
        "clip": None,
        "sizes": [1, 2],
        "name": "leaky",
        "steps": "auto",
    }
    assert isinstance(leaky.rate, float)


@pytest.mark.parametrize(
    ("key", "value", "kept"),
    [
        ("hidden_size", "64", 64),
        ("rate", 0, 0.0),
        ("clip", None, None),
        ("clip", 2, 2.0),
        ("sizes", [], []),
        ("name", 12, "12"),
        ("steps", 3, 3),
        ("bias", False, False),
    ],
)
def test_values_are_converted_to_the_type(
    leaky: DictConfig, key: str, value: Any, kept: Any
) -> None:
    leaky[key] = value
    assert leaky[key] == kept
    assert type(OmegaConf.to_container(leaky)[key]) is type(kept)  # type: ignore[index, call-overload]


@pytest.mark.parametrize(
    ("key", "value"),
    [("hidden_size", "many"), ("hidden_size", None), ("rate", "x"), ("bias", 2.5)],
)
def test_values_of_another_type_are_refused(leaky: DictConfig, key: str, value: Any) -> None:
    with pytest.raises(ValidationError):
        leaky[key] = value


def test_a_required_argument_is_missing_until_it_is_given() -> None:
    class Reader:
        def __init__(self, path: str, column: str | None = None) -> None: ...

    made = node(Reader, "dataset")
    assert OmegaConf.is_missing(made, "path")
    assert made.column is None


def test_only_its_own_group_fills_an_argument() -> None:
    class Both:
        def __init__(self, input_size: int = 1, cell: int = 2, other: int = 3) -> None: ...

    names = {
        group: [parameter.name for parameter in configurable(Both, group)]
        for group in ("cell", "backbone", "task")
    }
    assert names == {
        "cell": ["cell", "other"],
        "backbone": ["other"],
        "task": ["input_size", "cell", "other"],
    }
