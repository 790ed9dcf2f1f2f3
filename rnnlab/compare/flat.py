"""A config as dotted keys, and how their values are shown."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from rnnlab.errors import one_line

ABSENT = "–"
"""What stands for a key that a config does not have."""


_LONG_NUMBER = 9


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


def short(text: str, longest: int = 44) -> str:
    """Return a text of moderate length on one line; of a long one beginning and end stay.

    Of a number in full precision four digits stay.
    """
    text = one_line(text)
    if len(text) > _LONG_NUMBER and (number := _number(text)) is not None:
        return f"{number:.4g}"
    if len(text) <= longest:
        return text
    tail = longest // 3
    return f"{text[: longest - tail - 1]}…{text[-tail:]}"


def in_order(values: Iterable[str]) -> list[str]:
    """Return shown values in the order of an axis: numbers by size, then texts by letter."""
    return sorted(values, key=_place)


def _place(value: str) -> tuple[bool, float, str]:
    number = _number(value)
    return (True, 0.0, value) if number is None else (False, number, value)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
