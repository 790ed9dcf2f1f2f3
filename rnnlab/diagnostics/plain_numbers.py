"""Measurements as JSON has them: no tensors, no NaN, no infinity."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any


def plain_numbers(value: Any) -> Any:
    """Return a value as dicts, lists, texts and finite numbers.

    Dataclasses become dicts, tensors and arrays lists, complex numbers pairs; what is not finite
    becomes None.

    Raises:
        TypeError: JSON has nothing for a value.
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, complex):
        return [plain_numbers(value.real), plain_numbers(value.imag)]
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain_numbers(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain_numbers(each) for key, each in value.items()}
    if isinstance(value, list | tuple | range):
        return [plain_numbers(each) for each in value]
    if hasattr(value, "tolist"):  # a tensor, an array, or one number of either
        return plain_numbers(value.tolist())
    raise TypeError(f"JSON has nothing for a {type(value).__name__}")


def as_json(value: Any) -> str:
    """Return a value as the content of a JSON file, a line for each part on top."""
    plain = plain_numbers(value)
    if not isinstance(plain, dict):
        return json.dumps(plain, ensure_ascii=False, allow_nan=False) + "\n"
    lines = (
        f"{json.dumps(key, ensure_ascii=False)}: "
        f"{json.dumps(each, ensure_ascii=False, allow_nan=False)}"
        for key, each in plain.items()
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"
