"""What a constructor takes: names, types, defaults and ranges of its arguments."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path, PurePath
from types import SimpleNamespace
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints
from weakref import WeakKeyDictionary

from rnnlab.plugins.annotation import alternatives, fits, is_enum, is_path, words
from rnnlab.ranges import Range


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
        """The values of a ``Literal`` or the names of an enum; empty where others are taken too."""
        members = [item for item in alternatives(self.type) if item is not type(None)]
        if any(get_origin(item) is not Literal and not is_enum(item) for item in members):
            return ()
        return tuple(
            value
            for item in members
            for value in (list(item.__members__) if is_enum(item) else get_args(item))
        )

    def describe(self) -> str:
        """Return what is accepted, in words: ``an integer >= 1 or null``."""
        members = [item for item in alternatives(self.type) if item is not type(None)]
        known = [
            f"{said} {self.range}" if self.range and item in (int, float) else said
            for item in members
            if (said := words(item))
        ]
        text = " or ".join(known) or "something else"
        return f"{text} or null" if type(None) in alternatives(self.type) else text

    @property
    def plain_default(self) -> Any:
        """The default as a config writes it: an enum's member by its name, a path as text."""
        if isinstance(self.default, Enum):
            return self.default.name
        return str(self.default) if isinstance(self.default, PurePath) else self.default

    def convert(self, value: Any) -> Any:
        """Return what the constructor is given for a plain value that is accepted."""
        for kind in alternatives(self.type):
            if is_enum(kind) and isinstance(value, str) and value in kind.__members__:
                return kind[value]
            if is_path(kind) and isinstance(value, str):
                return Path(value)
            if get_origin(kind) is tuple and isinstance(value, list) and fits(value, kind):
                return tuple(value)
        return value

    def refusal(self, value: Any) -> str | None:
        """Return why a plain value is not accepted, or None when it is."""
        if not fits(value, self.type) or value != value:
            return f"must be {self.describe()}"
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return self.range.refusal(value) if self.range is not None and number else None


def parameters(cls: type, without: Iterable[str] = ()) -> list[Parameter]:
    """Return the arguments of a class's constructor, in order.

    Args:
        cls: Any class. ``*args`` is nothing that a config can name; ``**kwargs`` stands for the
            arguments of the next constructor among the bases, which it is handed to.
        without: Arguments to leave out.
    """
    if cls not in _known:
        _known[cls] = _parameters(cls)
    left_out = set(without)
    return [parameter for parameter in _known[cls] if parameter.name not in left_out]


# Reading annotations takes a millisecond, and a sweep asks for the same ones a thousand times.
_known: WeakKeyDictionary[type, list[Parameter]] = WeakKeyDictionary()


def _parameters(cls: type) -> list[Parameter]:
    found: dict[str, Parameter] = {}
    for kind in _constructors(cls):
        hints, factories = _hints(kind), _factories(kind)
        for argument in inspect.signature(kind).parameters.values():
            if argument.kind in (argument.POSITIONAL_OR_KEYWORD, argument.KEYWORD_ONLY):
                name = argument.name
                default = factories[name]() if name in factories else argument.default
                found.setdefault(name, _parameter(name, hints.get(name, Any), default))
    return list(found.values())


def _constructors(cls: type) -> Iterator[type]:
    """Give the class, and those of its bases that its ``**kwargs`` reach."""
    owners = [base for base in cls.__mro__ if "__init__" in vars(base)]
    for number, kind in enumerate([cls, *owners[1:]]):
        if number and kind.__module__.partition(".")[0] in ("builtins", "torch", "typing"):
            return
        yield kind
        kinds = {argument.kind for argument in inspect.signature(kind).parameters.values()}
        if inspect.Parameter.VAR_KEYWORD not in kinds:
            return


def _factories(cls: type) -> dict[str, Any]:
    """Return what makes the defaults that a dataclass does not hold."""
    fields = dataclasses.fields(cls) if dataclasses.is_dataclass(cls) else ()
    missing = dataclasses.MISSING
    return {
        item.name: item.default_factory for item in fields if item.default_factory is not missing
    }


def _hints(cls: type) -> dict[str, Any]:
    constructor = inspect.getattr_static(cls, "__init__")
    annotations = getattr(constructor, "__annotations__", None) or {}
    found: dict[str, Any] = {}
    for name, annotation in annotations.items():
        alone = SimpleNamespace(__annotations__={name: annotation})
        # A name that only type checkers import, or a stranger's text that is no type and raises
        # anything: that argument stays usable, unchecked.
        with suppress(Exception, SystemExit):
            names = getattr(inspect.unwrap(constructor), "__globals__", {})
            found |= get_type_hints(alone, names, include_extras=True)
    return found


def _parameter(name: str, annotation: Any, default: Any) -> Parameter:
    bounds = None
    members: list[Any] = []
    for member in alternatives(annotation):
        if get_origin(member) is Annotated:
            member, *extras = get_args(member)
            bounds = next((extra for extra in extras if isinstance(extra, Range)), bounds)
        members.extend(alternatives(member))
    return Parameter(name, Union[tuple(members)], default, bounds)  # noqa: UP007
