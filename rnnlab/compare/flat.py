"""A config as dotted keys, and how their values are shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

ABSENT = "–"
"""What stands for a key that a config does not have."""


def flatten(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the leaves of nested mappings under dotted keys; lists are leaves."""
    flat: dict[str, Any] = {}
    for key, value in config.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            flat.update(flatten(value, f"{name}."))
        else:
            flat[name] = value
    return flat


def shown(value: Any) -> str:
    """Return a value as somebody would write it in an override."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)
