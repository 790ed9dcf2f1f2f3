"""Which plugins a run was trained with, from its beginning to its end, as its manifest tells it.

``plugins`` holds those of the beginning, ``plugins_since`` an entry for each change after it: its
time, and the plugins from then on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from rnnlab.expected import mismatch
from rnnlab.plugins.in_use import PluginInUse

Plugins = Mapping[str, PluginInUse]
_PLUGINS = {...: {"version": str, "sha256": str | None}}
_ENTRY = {"time": str, "plugins": _PLUGINS, ...: object}


def plain(plugins: Plugins) -> dict[str, Any]:
    """Return plugins as plain values."""
    return {name: asdict(plugin) for name, plugin in plugins.items()}


def upgraded(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return a manifest in today's form: older ones hold of each plugin the version alone.

    Raises:
        ValueError: What it says about plugins cannot be understood.
    """
    plugins = {
        name: {"version": plugin, "sha256": None} if isinstance(plugin, str) else plugin
        for name, plugin in manifest["plugins"].items()
    }
    since = manifest.get("plugins_since", [])
    if not isinstance(since, list):
        raise ValueError("plugins_since is no list")
    why = mismatch(plugins, _PLUGINS, "plugins")
    for number, entry in enumerate(since):
        why = why or mismatch(entry, _ENTRY, f"plugins_since.{number}")
    if why is not None:
        raise ValueError(why)
    return {**manifest, "plugins": plugins, "plugins_since": since}


def history(manifest: Mapping[str, Any]) -> list[dict[str, PluginInUse]]:
    """Return the plugins that a run began with, and those after each change.

    Args:
        manifest: In today's form.
    """
    recorded = [manifest["plugins"], *(entry["plugins"] for entry in manifest["plugins_since"])]
    return [
        {name: PluginInUse(plugin["version"], plugin["sha256"]) for name, plugin in plugins.items()}
        for plugins in recorded
    ]


def changes(before: Plugins, now: Plugins) -> list[str]:
    """Return what differs between plugins then and now, a line for each; what is unknown does not.

    Args:
        before: The plugins then.
        now: The plugins now.
    """
    return [
        f"plugin {name}: {before.get(name, 'none')} then, {now.get(name, 'none')} now"
        for name in sorted({*before, *now})
        if not _same(before.get(name), now.get(name))
    ]


def continued(manifest: Mapping[str, Any], now: Plugins) -> dict[str, Any]:
    """Return the manifest of a run that goes on: where plugins have changed, it says so."""
    if not changes(history(manifest)[-1], now):
        return dict(manifest)
    entry = {"time": datetime.now(UTC).isoformat(timespec="seconds"), "plugins": plain(now)}
    return {**manifest, "plugins_since": [*manifest["plugins_since"], entry]}


def told(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return each plugin with all that it was in the course of a run, in one line."""
    states = history(manifest)
    names = sorted({name for state in states for name in state})
    seen = {name: [str(state.get(name, "none")) for state in states] for name in names}
    return {name: ", then ".join(each for each, _ in groupby(seen[name])) for name in names}


def _same(one: PluginInUse | None, other: PluginInUse | None) -> bool:
    return one is other if one is None or other is None else one.same_as(other)
