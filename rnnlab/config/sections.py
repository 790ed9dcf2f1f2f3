"""The parts of a config, each with the arguments that it may hold."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from rnnlab.config import schema
from rnnlab.config.targets import target
from rnnlab.errors import ConfigError, nearest
from rnnlab.plugins.nodes import configurable
from rnnlab.plugins.signature import Parameter
from rnnlab.ranges import Range

COMPONENTS = ("dataset", "task", "cell", "backbone", "optimizer")
"""The parts that name a class and must be there."""

_GIVEN = {"optimizer": ("params",), "scheduler": ("optimizer",)}
_LEARNING_RATE = Range(min=0, below=float("inf"))


@dataclass(frozen=True)
class Section:
    """A mapping in a config and what its keys may be.

    Args:
        key: Where it is; empty for the top level.
        node: The mapping.
        parameters: Its keys with their types and ranges.
        others: Further keys that are checked elsewhere.
    """

    key: str
    node: DictConfig
    parameters: Sequence[Parameter]
    others: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """Every key that it may hold."""
        return [*(parameter.name for parameter in self.parameters), *self.others]

    def path(self, name: str) -> str:
        """Return the dotted key of one of its values."""
        return f"{self.key}.{name}" if self.key else name


PARTS = ("", *schema.OPTIONS, "executor", *COMPONENTS, "scheduler", "choices", "callbacks")
"""Every part of a config, by its key; the top level is the first."""


def sections(cfg: DictConfig, mistakes: list[ConfigError]) -> Iterator[Section]:
    """Give the parts of a config that are there; add those that cannot be read to ``mistakes``.

    Raises:
        Refused: A ``_target_`` names something that must not be built.
    """
    for part in PARTS:
        yield from sections_of(cfg, part, mistakes)


def sections_of(cfg: DictConfig, part: str, mistakes: list[ConfigError]) -> Iterator[Section]:
    """Give what is there of one of :data:`PARTS`, as :func:`sections` does."""
    if part in schema.LATER and part not in cfg:
        return
    if not part:
        others = tuple(filter(None, PARTS))
        yield Section("", cfg, schema.accepted(schema.Run), others)
    elif part == "callbacks":
        for name, callback in callback_nodes(cfg, mistakes).items():
            yield from _component("callbacks", f"callbacks.{name}", callback, mistakes)
    elif (node := _mapping(cfg, part, mistakes)) is None:
        return
    elif part in schema.OPTIONS:
        yield Section(part, node, schema.accepted(schema.OPTIONS[part]))
    elif part == "executor":
        if (kind := _kind(node, mistakes)) is not None:
            yield Section(part, node, schema.accepted(schema.EXECUTORS[kind]))
    elif part == "choices":
        yield Section(part, node, _choices(node))
    elif node or part != "scheduler":
        yield from _component(part, part, node, mistakes)


def _kind(node: DictConfig, mistakes: list[ConfigError]) -> str | None:
    """Return the kind of executor that a node describes."""
    kind = None if OmegaConf.is_missing(node, "kind") else node.get("kind")
    if isinstance(kind, str) and kind in schema.EXECUTORS:
        return kind
    valid = list(schema.EXECUTORS)
    near = nearest(kind, valid) if isinstance(kind, str) else None
    why = "is no kind of executor"
    mistakes.append(ConfigError(why, key="executor.kind", value=kind, valid=valid, near=near))
    return None


def _choices(node: DictConfig) -> list[Parameter]:
    """Return what ``choices`` may hold: an option of each group, several of callbacks."""
    names = dict.fromkeys([*COMPONENTS, *map(str, node)])
    kinds = {name: str if name in COMPONENTS else str | list[str] | None for name in names}
    return [Parameter(name, kind, inspect.Parameter.empty) for name, kind in kinds.items()]


def callback_nodes(cfg: DictConfig, mistakes: list[ConfigError]) -> dict[str, DictConfig]:
    """Return the node of each callback by name."""
    group = _mapping(cfg, "callbacks", mistakes)
    if group is None:
        return {}
    names = [str(name) for name in group]
    nodes = {name: _mapping(group, name, mistakes, f"callbacks.{name}") for name in names}
    return {name: node for name, node in nodes.items() if node}


def _component(
    slot: str, key: str, node: DictConfig, mistakes: list[ConfigError]
) -> Iterator[Section]:
    try:
        cls = target(node, slot, key)
    except ConfigError as error:
        mistakes.append(error)
        return
    given = _GIVEN.get(slot, ())
    arguments = [item for item in configurable(cls, slot) if item.name not in given]
    if slot == "optimizer":
        # torch's signatures carry no ranges, and its own check lets NaN pass.
        arguments = [
            replace(item, range=_LEARNING_RATE) if item.name == "lr" else item for item in arguments
        ]
    if slot == "scheduler":
        arguments += schema.accepted(schema.Scheduling)
    yield Section(key, node, arguments, ("_target_",))


def _mapping(
    parent: DictConfig, name: str, mistakes: list[ConfigError], key: str = ""
) -> DictConfig | None:
    try:
        node: Any = None if OmegaConf.is_missing(parent, name) else parent.get(name)
    except OmegaConfBaseException as error:
        mistakes.append(ConfigError(next(iter(str(error).splitlines()), ""), key=key or name))
        return None
    if isinstance(node, DictConfig):
        return node
    why = "is missing" if node is None else "must be a mapping"
    mistakes.append(ConfigError(why, key=key or name, value=node))
    return None
