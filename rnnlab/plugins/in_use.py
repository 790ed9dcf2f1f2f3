"""Which plugins a config uses: name, version and content of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from rnnlab.plugins.content import sha256_of
from rnnlab.plugins.discovery import Component, owner

_SHOWN = 12


@dataclass(frozen=True)
class PluginInUse:
    """A distribution that brings a class of a config.

    Args:
        version: Its version.
        sha256: Hash of the files of those of its packages that are in use, hexadecimal; None where
            that was not recorded.
    """

    version: str
    sha256: str | None

    def __str__(self) -> str:
        return f"{self.version} {self.sha256[:_SHOWN]}" if self.sha256 else self.version

    def same_as(self, other: PluginInUse) -> bool:
        """Return whether both are the same, as far as both are known."""
        known = self.sha256 is not None and other.sha256 is not None
        return self.version == other.version and (not known or self.sha256 == other.sha256)


def plugins_in_use(config: Mapping[str, Any]) -> dict[str, PluginInUse]:
    """Return the plugins whose classes a config names, by distribution; rnnlab is none.

    The hash is that of the files as they are now. A process that has imported the package already
    goes on with what it has imported, so whoever wants to know what that is asks soon.

    Args:
        config: The config as plain values.
    """
    found: dict[str, dict[str, Component]] = defaultdict(dict)
    for component in filter(None, map(owner, targets(config))):
        found[component.distribution].setdefault(component.package, component)
    return {name: _in_use(packages) for name, packages in sorted(found.items())}


def _in_use(packages: Mapping[str, Component]) -> PluginInUse:
    parts = [sha256_of(component) for _, component in sorted(packages.items())]
    whole = parts[0] if len(parts) == 1 else sha256("\n".join(parts).encode()).hexdigest()
    return PluginInUse(next(iter(packages.values())).version, whole)


def targets(node: Any) -> Iterator[str]:
    """Give every ``_target_`` in a plain config, in order."""
    if not isinstance(node, Mapping):
        return
    if "_target_" in node:
        yield str(node["_target_"])
    for child in node.values():
        yield from targets(child)
