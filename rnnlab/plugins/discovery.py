"""Which components there are to choose from, and by what names.

Nothing here imports a component until :func:`load` is asked for one by name, so that lists, help
and completion stay fast, and a broken plugin hurts nobody who did not choose it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from rnnlab.errors import ConfigError, nearest
from rnnlab.plugins.allowed import refusal
from rnnlab.plugins.importing import Faulty
from rnnlab.plugins.installed import CONF, CORE, FILLED, GROUPS, Component, canonical, installed

__all__ = [
    "CONF",
    "CORE",
    "FILLED",
    "GROUPS",
    "Component",
    "components",
    "exists",
    "find",
    "installed",
    "load",
    "names",
    "owner",
    "packages",
    "shown",
]


def components(group: str) -> list[Component]:
    """Return what may be used of a config group, sorted by name, without importing any of it.

    Args:
        group: A key of :data:`GROUPS`, or ``conf``; any other has no components.
    """
    return [component for component in installed(group) if refusal(component) is None]


def shown(offers: Sequence[Component], taken: Iterable[str] = ()) -> dict[str, Component]:
    """Return components by the shortest name that chooses each, sorted.

    A name that several distributions offer chooses none of theirs, unless it is rnnlab's own: what
    ``cell=gru`` means does not depend on what is installed. Qualified names choose always.

    Args:
        offers: Components of one group.
        taken: Names that stand for something else than a plugin's component.
    """
    other = {*taken, *(item.name for item in offers if item.own)}
    counts = Counter(item.name for item in offers)
    known = {}
    for item in offers:
        short = item.own or (counts[item.name] == 1 and item.name not in other)
        known[item.name if short else item.qualified] = item
    return dict(sorted(known.items()))


def names(group: str) -> list[str]:
    """Return the shortest name of each component of a group, sorted."""
    return list(shown(components(group)))


def exists(group: str, name: str) -> bool:
    """Return whether a name, qualified or not, is one of an installed component's."""
    return bool(_matching(installed(group), name))


def find(group: str, name: str) -> Component:
    """Return one component's description without importing it.

    Args:
        group: The config group.
        name: Its name, or ``distribution:name``.

    Raises:
        ConfigError: No distribution offers it, several do, or it may not be used.
    """
    found = _matching(components(group), name)
    if len(found) > 1:
        offers = [component.qualified for component in found]
        raise ConfigError(
            "is offered by several packages; say which", key=group, value=name, valid=offers
        )
    if found:
        return found[0]
    for hidden in _matching(installed(group), name):
        raise ConfigError(refusal(hidden) or "", key=group, value=name)
    known = names(group)
    raise ConfigError(
        "is not installed", key=group, value=name, valid=known, near=nearest(name, known)
    )


def load(group: str, name: str) -> type:
    """Import one component and return its class.

    Args:
        group: The config group.
        name: Its name, or ``distribution:name``.

    Raises:
        ConfigError: It is unknown, may not be used, cannot be imported, is not a class of the
            group's kind, or was built for another rnnlab.
    """
    from rnnlab.plugins.loading import load_class

    component = find(group, name)
    try:
        return load_class(component)
    except Faulty as error:
        why = f"{component.distribution} {component.version} {error}"
        raise ConfigError(why, key=group, value=name) from error


def packages() -> set[str]:
    """Return the top-level packages that hold a component that may be used."""
    return {component.package for group in GROUPS for component in components(group)}


def owner(target: str) -> Component | None:
    """Return the component, allowed or not, whose code a dotted path leads to; None for rnnlab's.

    Args:
        target: A value of ``_target_``; it may name any class in the component's package.
    """
    parts = target.split(".")
    every = [component for group in GROUPS for component in installed(group)]
    near = [item for item in every if item.package == parts[0] and not item.own]
    # Several distributions may share a top-level package: the nearest module decides.
    return max(near, key=lambda item: _common(item.target.replace(":", ".").split("."), parts),
               default=None)  # fmt: skip


def _matching(offers: Sequence[Component], name: str) -> list[Component]:
    """Return the components that a name means: several where it is ambiguous."""
    distribution, colon, short = name.rpartition(":")
    found = [component for component in offers if component.name == short]
    if colon:
        return [item for item in found if item.distribution == canonical(distribution)]
    return [item for item in found if item.own] or found


def _common(first: Sequence[str], second: Sequence[str]) -> int:
    """Return how many parts two paths begin with in common."""
    same = [one == other for one, other in zip(first, second, strict=False)]
    return same.index(False) if False in same else len(same)
