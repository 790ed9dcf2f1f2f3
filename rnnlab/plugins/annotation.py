"""What a type accepts of the plain values that a config can write, and how that is said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import PurePath
from types import UnionType
from typing import Annotated, Any, Literal, TypeGuard, Union, get_args, get_origin

from rnnlab.ranges import Range

_WORDS = {
    int: ("an integer", "integers"),
    float: ("a number", "numbers"),
    bool: ("true or false", "truth values"),
    str: ("a text", "texts"),
}


def alternatives(annotation: Any) -> tuple[Any, ...]:
    """Return the members of a union, or the annotation alone."""
    if get_origin(annotation) in (Union, UnionType):
        return get_args(annotation)
    return (annotation,)


def is_enum(annotation: Any) -> TypeGuard[type[Enum]]:
    """Return whether a type is an enum, whose members a config writes by name."""
    return isinstance(annotation, type) and issubclass(annotation, Enum)


def is_path(annotation: Any) -> TypeGuard[type[PurePath]]:
    """Return whether a type is that of paths, which a config writes as texts."""
    return isinstance(annotation, type) and issubclass(annotation, PurePath)


def fits(value: Any, annotation: Any) -> bool:
    """Return whether a type accepts a plain value."""
    return any(_fits_one(value, member) for member in alternatives(annotation))


def _fits_one(value: Any, annotation: Any) -> bool:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation in (None, type(None)):
        return value is None
    if origin is Literal:
        return any(value == item and type(value) is type(item) for item in arguments)
    if annotation in (int, float) and isinstance(value, bool):
        return False
    if annotation is float:
        return isinstance(value, int | float)
    if origin is Annotated:
        kind, *extras = arguments
        bounds = [extra for extra in extras if isinstance(extra, Range)]
        return fits(value, kind) and not any(bound.refusal(value) for bound in bounds)
    if is_enum(annotation) and isinstance(value, str):
        return value in annotation.__members__
    if is_path(annotation):
        return isinstance(value, str | annotation)
    kind = origin or annotation
    if annotation is Any or not isinstance(kind, type):
        return True  # Any, type variables: nothing that a plain value could contradict
    if issubclass(kind, Mapping):
        return isinstance(value, Mapping)
    if _is_list(kind):
        return isinstance(value, list | tuple) and _fit_items(value, kind, arguments)
    return isinstance(value, kind)


def _is_list(kind: type) -> bool:
    # A tensor is iterable too, and yet no list is one.
    plain = kind.__module__ in ("builtins", "collections.abc")
    return plain and issubclass(kind, Iterable) and kind not in (str, bytes)


def _fit_items(values: list[Any] | tuple[Any, ...], kind: type, arguments: tuple[Any, ...]) -> bool:
    if issubclass(kind, tuple) and arguments and arguments[-1] is not Ellipsis:
        return len(values) == len(arguments) and all(map(fits, values, arguments))
    return not arguments or all(fits(value, arguments[0]) for value in values)


def words(annotation: Any) -> str:
    """Return a type in words, or nothing for one that no plain value has."""
    if annotation in _WORDS:
        return _WORDS[annotation][0]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return f"one of {', '.join('null' if item is None else str(item) for item in arguments)}"
    if is_enum(annotation):
        return f"one of {', '.join(annotation.__members__)}"
    if is_path(annotation):
        return "a path"
    kind = origin or annotation
    if not isinstance(kind, type):
        return ""
    if issubclass(kind, Mapping):
        return "a mapping"
    if not _is_list(kind):
        return ""
    of = alternatives(arguments[0]) if arguments else ()
    items = [_items(item) for item in of if _items(item)]
    if issubclass(kind, tuple) and arguments and arguments[-1] is not Ellipsis:
        return f"a list of {len(arguments)} {' or '.join(items)}".rstrip()
    return f"a list of {' or '.join(items)}" if items else "a list"


def _items(annotation: Any) -> str:
    """Return a type of several values in words: ``integers >= 1``."""
    bounds = ""
    if get_origin(annotation) is Annotated:
        annotation, *extras = get_args(annotation)
        bounds = "".join(f" {extra}" for extra in extras if isinstance(extra, Range))
    return f"{_WORDS[annotation][1]}{bounds}" if annotation in _WORDS else ""
