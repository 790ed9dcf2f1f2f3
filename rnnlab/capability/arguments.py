"""Constructor arguments for a component that nobody has configured."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from rnnlab.config.override import override
from rnnlab.errors import ConfigError
from rnnlab.plugins.nodes import configurable, node
from rnnlab.plugins.signature import Parameter
from rnnlab.testing.other_values import valid_values

# Contracts run a component hundreds of times; these make it small where it has such an argument.
_SMALL: dict[str, tuple[int, ...]] = {
    "hidden_size": (4, 8, 16),
    "embedding_size": (4, 8),
    "train_size": (40, 100),
    "val_size": (20, 50),
    "test_size": (20, 50),
}


def arguments(cls: type, group: str, overrides: Iterable[str] = ()) -> dict[str, Any]:
    """Return arguments that make a small component: what was given, and guesses of what was not.

    They are plain values, as in a config; see :func:`converted`.

    Args:
        cls: The component's class.
        group: Its config group.
        overrides: ``cell.hidden_size=8``, as ``rnnlab train`` takes them.

    Raises:
        ConfigError: An override is wrong, or an argument without default cannot be guessed.
    """
    known = configurable(cls, group)
    given = _given(cls, group, known, list(overrides))
    found = dict(given)
    for parameter in known:
        if parameter.name in given:
            continue
        if parameter.required:
            found[parameter.name] = _guess(parameter, cls, group)
        elif (small := _small(parameter)) is not None:
            found[parameter.name] = small
    return found


def sized(cls: type, group: str, size: int, overrides: Iterable[str] = ()) -> dict[str, Any]:
    """Return arguments of a cell of ``size`` units, where it has ``hidden_size`` and takes that."""
    asked = list(overrides)
    found = arguments(cls, group, asked)
    for parameter in configurable(cls, group):
        if parameter.name == "hidden_size" and not _mentions(asked, group, "hidden_size"):
            found["hidden_size"] = size if parameter.refusal(size) is None else parameter.default
        elif not parameter.required and not _mentions(asked, group, parameter.name):
            found.pop(parameter.name, None)
    return found


def converted(cls: type, group: str, plain: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments as the constructor takes them: paths, members of enums, tuples."""
    takes = {parameter.name: parameter for parameter in configurable(cls, group)}
    return {name: takes[name].convert(value) for name, value in plain.items()}


def _given(cls: type, group: str, known: list[Parameter], overrides: list[str]) -> dict[str, Any]:
    try:
        config = override(OmegaConf.create({group: node(cls, group)}), overrides)
    except OmegaConfBaseException as error:
        raise ConfigError(str(error).splitlines()[0], key=error.full_key) from error
    values = cast(dict[str, Any], OmegaConf.to_container(config[group]))
    given = {}
    for parameter in known:
        if not _mentions(overrides, group, parameter.name):
            continue
        value = values[parameter.name]
        if (refusal := parameter.refusal(value)) is not None:
            raise ConfigError(refusal, key=f"{group}.{parameter.name}", value=value)
        given[parameter.name] = value
    return given


def _mentions(overrides: list[str], group: str, name: str) -> bool:
    return any(re.match(rf"{group}\.{name}\b", item) for item in overrides)


def _small(parameter: Parameter) -> int | None:
    fitting = (size for size in _SMALL.get(parameter.name, ()) if parameter.refusal(size) is None)
    return next(fitting, None)


def _guess(parameter: Parameter, cls: type, group: str) -> Any:
    small = _small(parameter)
    guesses = valid_values(parameter) if small is None else [small]
    if guesses:
        return guesses[0]
    raise ConfigError(
        f"{cls.__name__} needs it, and no value can be guessed: give {parameter.describe()}, "
        f"as in {group}.{parameter.name}=…",
        key=f"{group}.{parameter.name}",
    )
