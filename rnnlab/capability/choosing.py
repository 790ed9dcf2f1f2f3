"""Which components a name stands for."""

from __future__ import annotations

import re

from rnnlab.errors import ConfigError, nearest
from rnnlab.plugins import discovery
from rnnlab.plugins.discovery import Component

KINDS = ("cell", "task", "dataset")
"""The config groups that have a contract."""


def chosen(name: str) -> list[Component]:
    """Return the components that a name stands for, without importing any.

    Args:
        name: A component, ``mgu``, ``cell/mgu`` or ``rnnlab-mgu:mgu``; or a distribution,
            ``rnnlab-mgu``, for all of its cells, tasks and datasets.

    Raises:
        ConfigError: It stands for none, or one name for several components.
    """
    group, slash, short = name.rpartition("/")
    if slash and group not in KINDS:
        raise ConfigError(
            "has no contract", key="NAME", value=name, valid=[f"{kind}/…" for kind in KINDS]
        )
    known = [item for kind in KINDS for item in discovery.components(kind)]
    asked = [item for item in known if item.group == group or not slash]
    distribution, colon, plain = short.rpartition(":")
    if colon:
        asked = [item for item in asked if _same(item.distribution, distribution)]
    found = [item for item in asked if item.name == plain]
    if len(found) > 1:
        valid = [f"{item.group}/{item.qualified}" for item in found]
        raise ConfigError("is the name of several; say which", key="NAME", value=name, valid=valid)
    if not found and not slash and not colon:
        found = [item for item in known if _same(item.distribution, name)]
    if not found:
        names = {text for item in asked for text in (item.name, item.distribution)}
        raise ConfigError(
            "no cell, task, dataset or package of that name is installed",
            key="NAME",
            value=name,
            near=nearest(plain, names),
        )
    return found


def _same(first: str, second: str) -> bool:
    return _canonical(first) == _canonical(second)


def _canonical(name: str) -> str:
    """Return the name of a distribution as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()
