"""Which components are installed, from package metadata alone.

Nothing here imports a component until :func:`load` is asked for one by name, so that lists, help
and completion stay fast, and a broken plugin hurts nobody who did not choose it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points

from rnnlab.errors import ConfigError, nearest

GROUPS = {
    "cell": "rnnlab.cells",
    "task": "rnnlab.tasks",
    "dataset": "rnnlab.datasets",
    "backbone": "rnnlab.backbones",
    "callbacks": "rnnlab.callbacks",
}
"""Config groups and the entry-point groups that fill them."""

FILLED: dict[str, tuple[str, ...]] = {
    "cell": ("input_size",),
    "backbone": ("input_size", "cell"),
}
"""The constructor arguments of each config group that rnnlab fills itself."""


@dataclass(frozen=True)
class Component:
    """A component as its distribution's metadata describes it.

    Args:
        group: The config group: ``cell``, ``task``, ….
        name: Its name there.
        target: ``module:Class``.
        distribution: The package that brings it.
        version: That package's version.
    """

    group: str
    name: str
    target: str
    distribution: str
    version: str

    @property
    def qualified(self) -> str:
        """Its name with the package that brings it: ``distribution:name``."""
        return f"{self.distribution}:{self.name}"

    @property
    def package(self) -> str:
        """The top-level package that its class lives in."""
        return self.target.partition(":")[0].partition(".")[0]


def components(group: str) -> list[Component]:
    """Return what is installed for a config group, sorted by name, without importing any of it.

    Args:
        group: A key of :data:`GROUPS`; any other has no components.
    """
    return list(_installed(tuple(sys.path)).get(group, ()))


def names(group: str) -> list[str]:
    """Return the names of a group's components, sorted, each once."""
    return sorted({component.name for component in components(group)})


def find(group: str, name: str) -> Component:
    """Return one component's description without importing it.

    Raises:
        ConfigError: No distribution offers it, or several offer different ones.
    """
    found = [component for component in components(group) if component.name == name]
    if not found:
        known = names(group)
        raise ConfigError(
            "is not installed", key=group, value=name, valid=known, near=nearest(name, known)
        )
    if len(found) > 1:
        offers = " and ".join(f"{item.distribution} ({item.target})" for item in found)
        raise ConfigError(f"is offered by {offers}; uninstall all but one", key=group, value=name)
    return found[0]


def load(group: str, name: str) -> type:
    """Import one component and return its class.

    Raises:
        ConfigError: It is unknown, cannot be imported, or is not a class.
    """
    component = find(group, name)
    point = EntryPoint(name=name, value=component.target, group=GROUPS[group])
    try:
        loaded = point.load()
    except ConfigError:
        raise
    except Exception as error:
        # Whatever a stranger's module raises while it is imported, the fault is the plugin's.
        raise ConfigError(
            f"{component.distribution} {component.version} cannot be imported "
            f"({component.target}): {type(error).__name__}: {_first_line(error)}",
            key=group,
            value=name,
        ) from error
    if not isinstance(loaded, type):
        raise ConfigError(
            f"{component.target} of {component.distribution} is not a class", key=group, value=name
        )
    return loaded


def packages() -> set[str]:
    """Return the top-level packages that hold an installed component."""
    return {component.package for group in GROUPS for component in components(group)}


def distributions_in_use(targets: Iterable[str]) -> dict[str, str]:
    """Return name and version of each distribution, rnnlab's own aside, that some targets are from.

    Args:
        targets: Values of ``_target_``.
    """
    used = {target.partition(".")[0] for target in targets} - {"rnnlab"}
    return {
        component.distribution: component.version
        for group in GROUPS
        for component in components(group)
        if component.package in used
    }


@lru_cache(maxsize=4)
def _installed(path: tuple[str, ...]) -> dict[str, list[Component]]:
    """Return the components of each group on a ``sys.path``; reading metadata takes a while."""
    known: dict[str, list[Component]] = {}
    points = entry_points()
    for group, entry_group in GROUPS.items():
        # One distribution can be seen twice, for instance when installed and also in the working
        # directory; the first one on sys.path is the one that Python imports.
        found = {
            (point.name, point.value): _component(group, point)
            for point in reversed(list(points.select(group=entry_group)))
        }
        known[group] = sorted(found.values(), key=lambda item: (item.name, item.distribution))
    return known


def _component(group: str, point: EntryPoint) -> Component:
    distribution = point.dist
    return Component(
        group,
        point.name,
        point.value,
        distribution.name if distribution else "unknown",
        distribution.version if distribution else "unknown",
    )


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "")
