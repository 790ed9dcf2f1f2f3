"""Which of a config's options were read from a folder that a plugin brings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnnlab.config.options import plugin_files
from rnnlab.plugins.content import sha256_of
from rnnlab.plugins.discovery import Component, components
from rnnlab.plugins.in_use import PluginInUse
from rnnlab.plugins.plugin_conf import conf_options


def configs_from_plugins(choices: Mapping[str, Any]) -> dict[str, tuple[str, PluginInUse]]:
    """Return distribution and content of the plugin that brings each of the options chosen.

    Asked when a config has just been composed: later, other files may have the same names.

    Args:
        choices: The option chosen in each group, or several, or None.
    """
    found = {}
    for group, chosen in choices.items():
        for option in chosen if isinstance(chosen, list) else [chosen]:
            if (item := _who_brings(group, str(option))) is not None:
                name = item.distribution
                folder = next(each for each in components("conf") if each.distribution == name)
                plugin = PluginInUse(item.version, sha256_of(folder))
                found[f"{group}/{option}"] = (name, plugin)
    return found


def _who_brings(group: str, option: str) -> Component | None:
    if ":" in option:
        return next((item for item in conf_options(group) if item.qualified == option), None)
    return plugin_files(group).get(option)
