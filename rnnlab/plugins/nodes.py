"""The config node of a class, derived from its constructor's signature.

A component needs no YAML: what can be configured is what its constructor takes, with the types
and defaults written there. Arguments that rnnlab fills itself, such as a cell's ``input_size``,
are left out.
"""

from __future__ import annotations

import sys
from typing import Any, get_args, get_origin

from omegaconf import (
    MISSING,
    AnyNode,
    BooleanNode,
    DictConfig,
    FloatNode,
    IntegerNode,
    ListConfig,
    OmegaConf,
    StringNode,
)

from rnnlab.plugins.annotation import alternatives, is_path
from rnnlab.plugins.discovery import FILLED
from rnnlab.plugins.signature import Parameter, parameters

_NODES: dict[Any, type[Any]] = {
    int: IntegerNode,
    float: FloatNode,
    bool: BooleanNode,
    str: StringNode,
}


def configurable(cls: type, group: str) -> list[Parameter]:
    """Return the constructor arguments of a class that a config of the group can set."""
    return parameters(cls, without=FILLED.get(group, ()))


def node(cls: type, group: str, target: str | None = None) -> DictConfig:
    """Return the config node of a class: ``_target_`` and its arguments, typed.

    An argument without default is missing (``???``). One whose default cannot be written in YAML
    is left out: the constructor's default holds.

    Args:
        cls: The class.
        group: The config group that it is an option of.
        target: A dotted path that leads to the class, for one that its own name does not lead to.
    """
    path = f"{cls.__module__}.{cls.__qualname__}"
    if target is not None and not _leads_to(cls):
        path = target
    fields: dict[str, Any] = {"_target_": path}
    for parameter in configurable(cls, group):
        if parameter.required or _writable(parameter.plain_default):
            fields[parameter.name] = _field(parameter)
    config = OmegaConf.create(fields)
    assert isinstance(config, DictConfig)
    return config


def _leads_to(cls: type) -> bool:
    """Whether a class is found under its own name; one that a function makes may not be."""
    found: Any = sys.modules.get(cls.__module__)
    for name in cls.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is cls


def _field(parameter: Parameter) -> Any:
    """Return a node that converts what it is given to the parameter's type, or refuses it."""
    default = MISSING if parameter.required else parameter.plain_default
    members = [item for item in alternatives(parameter.type) if item is not type(None)]
    optional = len(members) < len(alternatives(parameter.type))
    if len(members) != 1:
        return AnyNode(default)
    (kind,) = members
    if all(isinstance(choice, str) for choice in parameter.choices or (0,)) or is_path(kind):
        kind = str
    if kind in _NODES:
        return _NODES[kind](default, is_optional=optional)
    if get_origin(kind) is list and get_args(kind)[0] in _NODES:
        return ListConfig(default, element_type=get_args(kind)[0], is_optional=optional)
    return AnyNode(default) if not isinstance(default, list | tuple | dict) else default


def _writable(value: object) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_writable, value))
    if isinstance(value, dict):
        return all(isinstance(key, str) and _writable(item) for key, item in value.items())
    return value is None or isinstance(value, bool | int | float | str)
