"""What package metadata says of installed components. Nothing here imports any of them."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import Distribution, EntryPoint, distributions

CORE = "rnnlab"
"""The distribution that keeps its names whatever else is installed."""

GROUPS = {
    "cell": "rnnlab.cells",
    "task": "rnnlab.tasks",
    "dataset": "rnnlab.datasets",
    "backbone": "rnnlab.backbones",
    "callbacks": "rnnlab.callbacks",
}
"""Config groups and the entry-point groups that fill them."""

CONF = "rnnlab.conf"
"""The entry-point group of packages that are folders of YAML configs."""

FILLED: dict[str, tuple[str, ...]] = {
    "cell": ("input_size",),
    "backbone": ("input_size", "cell"),
}
"""The constructor arguments of each config group that rnnlab fills itself."""

_NAME = re.compile(r"[\w.-]+")
_FOLDER = re.compile(r"(?P<name>.+)-(?P<version>[^-]+)\.dist-info")


@dataclass(frozen=True)
class Component:
    """A component as its distribution's metadata describes it.

    Args:
        group: The config group: ``cell``, ``task``, …; ``conf`` for a folder of configs.
        name: Its name there.
        target: ``module:Class``, or the package that is a folder of configs.
        distribution: The package that brings it; lower case, with hyphens.
        version: That package's version.
    """

    group: str
    name: str
    target: str
    distribution: str
    version: str

    @property
    def package(self) -> str:
        """The top-level package that its class lives in."""
        return self.target.partition(":")[0].partition(".")[0]

    @property
    def qualified(self) -> str:
        """The name that no other distribution can take: ``distribution:name``."""
        return f"{self.distribution}:{self.name}"

    @property
    def own(self) -> bool:
        """Whether it is rnnlab's own."""
        return self.distribution == CORE


def installed(group: str) -> tuple[Component, ...]:
    """Return all that is installed for a config group, allowed or not, sorted by name.

    Args:
        group: A key of :data:`GROUPS`, or ``conf``; any other has no components.
    """
    return _read(tuple(sys.path))[0].get(group, ())


def environment() -> str:
    """Return 16 hexadecimal digits that change when anything is installed or removed."""
    return _read(tuple(sys.path))[1]


def canonical(distribution: str) -> str:
    """Return a distribution's name as all ways to write it have in common (PEP 503)."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


@lru_cache(maxsize=4)
def _read(path: tuple[str, ...]) -> tuple[dict[str, tuple[Component, ...]], str]:
    """Return the components of each group on a ``sys.path``, and what stands for all packages."""
    found: dict[tuple[str, str, str], Component] = {}
    groups = {entry_group: group for group, entry_group in {**GROUPS, "conf": CONF}.items()}
    packages = []
    for distribution, name, version in _distributions():
        packages.append(f"{name} {version}")
        for point in _entry_points(distribution):
            if point.group in groups and _NAME.fullmatch(point.name):
                key = (groups[point.group], point.name, name)
                found.setdefault(key, Component(*key[:2], point.value, name, version))
    known = {
        group: tuple(found[key] for key in sorted(found) if key[0] == group)
        for group in groups.values()
    }
    return known, hashlib.sha256("\n".join(sorted(packages)).encode()).hexdigest()[:16]


def _distributions() -> Iterator[tuple[Distribution, str, str]]:
    """Give each distribution once, with its name and version.

    One can be seen twice, for instance when it is installed and also in the working directory; the
    first one on ``sys.path`` is the one that Python imports.
    """
    seen = set()
    for distribution in distributions():
        try:
            name, version = _identity(distribution)
        except Exception:
            # Damaged metadata, which raises anything, is nobody's plugin.
            continue
        if name not in seen:
            seen.add(name)
            yield distribution, name, version


def _identity(distribution: Distribution) -> tuple[str, str]:
    # The folder's name says both. To parse METADATA takes a millisecond, for each package.
    folder = getattr(distribution, "_path", None)
    match = _FOLDER.fullmatch(getattr(folder, "name", ""))
    if match:
        return canonical(match["name"]), match["version"]
    return canonical(distribution.metadata["Name"]), distribution.metadata["Version"]


def _entry_points(distribution: Distribution) -> list[EntryPoint]:
    try:
        return list(distribution.entry_points)
    except Exception:
        return []  # no INI file, or not UTF-8: what it offers cannot be known
