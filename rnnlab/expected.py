"""What a file of plain values must hold before anybody reads it as that.

A file of a run folder may be cut short by a disk, edited by hand or sent by a stranger.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import EllipsisType, UnionType
from typing import Any

# A class or a union of classes, or for a mapping what must stand under each key; under ``...``
# what stands under every other one.
Expected = type | UnionType | Mapping[str | EllipsisType, Any]
NUMBER = int | float


def mismatch(value: Any, expected: Any, place: str = "") -> str | None:
    """Return what is wrong with a plain value in a few words, or None.

    Args:
        value: What ``json.loads`` has returned.
        expected: See :data:`Expected`.
        place: Where in the file it stands, dotted.
    """
    if not isinstance(expected, Mapping):
        # To Python, true is an integer.
        flag_for_number = isinstance(value, bool) and expected in (int, NUMBER)
        if isinstance(value, expected) and not flag_for_number:
            return None
        name = getattr(expected, "__name__", str(expected))
        return f"{place or 'its content'} is {_kind(value)} and not {name}"
    if not isinstance(value, Mapping):
        return f"{place or 'its content'} is {_kind(value)} and not a mapping"
    for key in expected:
        if key is not ... and key not in value:
            return f"{_join(place, str(key))} is missing"
    for key, item in value.items():
        inner = expected.get(key, expected.get(..., object))
        why = None if inner is object else mismatch(item, inner, _join(place, key))
        if why is not None:
            return why
    return None


def _kind(value: object) -> str:
    return "null" if value is None else type(value).__name__


def _join(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key
