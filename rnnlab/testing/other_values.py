"""Values of a constructor argument, made from what its signature says of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, get_args, get_origin

from rnnlab.plugins.annotation import alternatives, is_enum
from rnnlab.plugins.signature import Parameter
from rnnlab.ranges import Range

_INTEGERS = (4, 2, 1, 3, 5, 8, 0, 16, 64)
_NUMBERS = (0.5, 0.25, 2.0, 0.9, 0.1, 1.0, 0.0)


def valid_values(parameter: Parameter) -> list[Any]:
    """Return some values that an argument accepts, as a config writes them, the likeliest first.

    Empty where nothing can be guessed: a free text, a path, an object.
    """
    kinds, default = alternatives(parameter.type), parameter.default
    known = isinstance(default, int | float) and not isinstance(default, bool)
    tried: list[Any] = [value for kind in kinds for value in _named(kind)]
    if bool in kinds:
        tried += [False, True]
    if int in kinds:
        near = [int(default) + 1, int(default) - 1] if known else []
        whole = [int(number) for number in _within(parameter.range) if number == int(number)]
        tried += [*near, *_INTEGERS, *whole]
    if float in kinds:
        near_by = [default / 2, default * 2, default + 2.0] if known else []
        tried += [*_NUMBERS, *_within(parameter.range), *near_by]
    if type(None) in kinds:
        tried.append(None)
    return [value for value in _once(tried) if parameter.refusal(value) is None]


def other_values(parameter: Parameter) -> list[Any]:
    """Return values that an argument accepts, as the constructor takes them.

    The default comes last: it is another value only where something else was chosen.
    """
    usual = parameter.plain_default
    values = sorted(valid_values(parameter), key=lambda value: _same(value, usual))
    return [parameter.convert(value) for value in values]


def wrong_values(parameter: Parameter) -> list[Any]:
    """Return values that a person might give by mistake and that a signature cannot exclude alone.

    An unknown choice, which a constructor must refuse by itself when it is called from Python; and
    numbers that are often wrong, as far as the declared range lets them through.
    """
    kinds = alternatives(parameter.type)
    wrong: list[Any] = []
    if parameter.choices:
        wrong.append("no-such-choice")
    if int in kinds:
        wrong += [number for number in (0, -1) if parameter.refusal(number) is None]
    if float in kinds:
        wrong += [number for number in (0.0, -1.0) if parameter.refusal(number) is None]
    return wrong


def _named(kind: Any) -> Iterable[Any]:
    if get_origin(kind) is Literal:
        return get_args(kind)
    return kind.__members__ if is_enum(kind) else ()


def _within(bounds: Range | None) -> list[float]:
    """Return the ends of a range and numbers between them."""
    if bounds is None:
        return []
    low = bounds.min if bounds.min is not None else bounds.above
    high = bounds.max if bounds.max is not None else bounds.below
    if low is None:
        if high is None:
            return []
        low = high - 2
    high = low + 2 if high is None else high
    return [float(low + share * (high - low)) for share in (0, 0.5, 1, 0.25, 0.75)]


def _same(a: Any, b: Any) -> bool:
    return type(a) is type(b) and bool(a == b)


def _once(values: list[Any]) -> list[Any]:
    kept: list[Any] = []
    for value in values:
        if not any(_same(value, other) for other in kept):
            kept.append(value)
    return kept
