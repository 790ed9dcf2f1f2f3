"""What a constructor takes: names, types, defaults and ranges of its arguments."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from rnnlab.ranges import Range

_WORDS = {
    int: ("an integer", "integers"),
    float: ("a number", "numbers"),
    bool: ("true or false", "truth values"),
    str: ("a text", "texts"),
}


@dataclass(frozen=True)
class Parameter:
    """One constructor argument.

    Args:
        name: Its name.
        type: Its type, without ``Annotated``.
        default: Its default; ``inspect.Parameter.empty`` when it must be given.
        range: The range declared beside its type.
    """

    name: str
    type: Any
    default: Any
    range: Range | None = None

    @property
    def required(self) -> bool:
        """Whether it has no default."""
        return self.default is inspect.Parameter.empty

    @property
    def choices(self) -> tuple[Any, ...]:
        """The values of a ``Literal`` type; empty for one that has others too."""
        members = [item for item in alternatives(self.type) if item is not type(None)]
        if any(get_origin(item) is not Literal for item in members):
            return ()
        return tuple(value for item in members for value in get_args(item))

    def describe(self) -> str:
        """Return what is accepted, in words: ``an integer >= 1 or null``."""
        members = [item for item in alternatives(self.type) if item is not type(None)]
        known = [
            f"{words} {self.range}" if self.range and item in (int, float) else words
            for item in members
            if (words := _words(item))
        ]
        text = " or ".join(known) or "something else"
        return f"{text} or null" if type(None) in alternatives(self.type) else text

    def refusal(self, value: Any) -> str | None:
        """Return why a plain value is not accepted, or None when it is."""
        if not _fits(value, self.type) or value != value:
            return f"must be {self.describe()}"
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return self.range.refusal(value) if self.range is not None and number else None


def parameters(cls: type, without: Iterable[str] = ()) -> list[Parameter]:
    """Return the arguments of a class's constructor, in order.

    Args:
        cls: Any class; ``*args`` and ``**kwargs`` are not arguments that a config can name.
        without: Arguments to leave out.
    """
    left_out = set(without)
    hints = _hints(cls)
    return [
        _parameter(argument.name, hints.get(argument.name, Any), argument.default)
        for argument in inspect.signature(cls).parameters.values()
        if argument.kind in (argument.POSITIONAL_OR_KEYWORD, argument.KEYWORD_ONLY)
        and argument.name not in left_out
    ]


def alternatives(annotation: Any) -> tuple[Any, ...]:
    """Return the members of a union, or the annotation alone."""
    if get_origin(annotation) in (Union, UnionType):
        return get_args(annotation)
    return (annotation,)


def _hints(cls: type) -> dict[str, Any]:
    try:
        return get_type_hints(inspect.getattr_static(cls, "__init__"), include_extras=True)
    except Exception:
        # A name that only type checkers import, or a stranger's text that is no type and raises
        # anything: the arguments stay usable, unchecked.
        return {}


def _parameter(name: str, annotation: Any, default: Any) -> Parameter:
    bounds = None
    members: list[Any] = []
    for member in alternatives(annotation):
        if get_origin(member) is Annotated:
            member, *extras = get_args(member)
            bounds = next((extra for extra in extras if isinstance(extra, Range)), bounds)
        members.extend(alternatives(member))
    return Parameter(name, Union[tuple(members)], default, bounds)  # noqa: UP007


def _fits(value: Any, annotation: Any) -> bool:
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
        return len(values) == len(arguments) and all(map(_fits, values, arguments))
    return not arguments or all(_fits(value, arguments[0]) for value in values)


def _words(annotation: Any) -> str:
    """Return a type in words, or nothing for one that no plain value has."""
    if annotation in _WORDS:
        return _WORDS[annotation][0]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return f"one of {', '.join(map(str, arguments))}"
    kind = origin or annotation
    if not isinstance(kind, type):
        return ""
    if issubclass(kind, Mapping):
        return "a mapping"
    if not _is_list(kind):
        return ""
    of = alternatives(arguments[0]) if arguments else ()
    items = [_WORDS[item][1] for item in of if item in _WORDS]
    if issubclass(kind, tuple) and arguments and arguments[-1] is not Ellipsis:
        return f"a list of {len(arguments)} {' or '.join(items)}".rstrip()
    return f"a list of {' or '.join(items)}" if items else "a list"
