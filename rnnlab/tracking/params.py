"""A resolved config as MLflow params: one param a leaf, its value whole."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_REFUSED_IN_KEYS = re.compile(r"[^/\w.\- :]")


def flatten(config: Mapping[str, Any]) -> dict[str, str]:
    """Return every leaf of nested dicts and lists under its dotted key, as text.

    Text stays as it is, so that an unresolved ``${oc.env:…}`` stays unresolved; anything else is
    written as JSON, which is also how Hydra reads it: ``null``, ``true``, ``0.5``, ``[1, 2]``.
    A list without dicts is one leaf, and so is an empty dict.
    """
    leaves = (leaf for name, value in config.items() for leaf in _leaves(str(name), value))
    return {_REFUSED_IN_KEYS.sub("_", key): text for key, text in leaves}


def _leaves(key: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for name, child in value.items():
            yield from _leaves(f"{key}.{name}", child)
    elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        for place, item in enumerate(value):
            yield from _leaves(f"{key}.{place}", item)
    elif isinstance(value, str):
        yield key, value
    else:
        yield key, json.dumps(value, default=str)
