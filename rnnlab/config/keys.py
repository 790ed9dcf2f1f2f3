"""Which keys a config has below an option of a group, without importing the option's class."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from rnnlab.config.options import file_of
from rnnlab.errors import ConfigError
from rnnlab.plugins import discovery
from rnnlab.plugins.bounded import measure, read_text
from rnnlab.plugins.conf import conf_folders
from rnnlab.plugins.outline import outline


def keys(group: str, option: str) -> dict[str, list[str]]:
    """Return the keys of an option, each with the values that are known for it, if any."""
    path = file_of(group, option)
    if path is None:
        try:
            return outline(discovery.find(group, option)).arguments
        except ConfigError:
            return {}
    content = read_plain(path)
    bases = [item for item in content.pop("defaults", None) or [] if isinstance(item, str)]
    result: dict[str, list[str]] = {}
    for base in bases:
        if base not in ("_self_", option):
            result |= keys(group, base)
    own = {str(key): _values(value) for key, value in content.items() if key != "_target_"}
    return {**own, **result}


def defaults() -> dict[str, str]:
    """Return the option that each group has when nothing is chosen."""
    chosen: dict[str, str] = {}
    for item in _root().get("defaults") or []:
        if isinstance(item, Mapping):
            chosen |= {str(key): value for key, value in item.items() if isinstance(value, str)}
    return chosen


def chosen_by(experiment: str) -> dict[str, str]:
    """Return the options that an experiment chooses."""
    path = file_of("experiment", experiment)
    content = read_plain(path) if path else {}
    chosen: dict[str, str] = {}
    for item in content.get("defaults") or []:
        if isinstance(item, str) and item not in ("_self_", experiment):
            chosen |= chosen_by(item)
        elif isinstance(item, Mapping):
            for key, value in item.items():
                chosen[str(key).removeprefix("override").strip().lstrip("/")] = str(value)
    return chosen


def top_level() -> dict[str, list[str]]:
    """Return the keys at the top level that belong to no group."""
    return {str(key): _values(value) for key, value in _root().items() if key != "defaults"}


def _root() -> dict[str, Any]:
    for folder in conf_folders():
        path = folder / "config.yaml"
        if path.is_file():
            return read_plain(path)
    return {}


def read_plain(path: Path) -> dict[str, Any]:
    """Return the mapping in a YAML file; nothing where it is broken."""
    try:
        text = read_text(path)
        measure(text, str(path))
        content = yaml.safe_load(text)
    except Exception:
        # Whatever is wrong with the file, it is told by whoever composes it; see parse_yaml.
        return {}
    return content if isinstance(content, dict) else {}


def _values(value: object) -> list[str]:
    return ["true", "false"] if isinstance(value, bool) else []
