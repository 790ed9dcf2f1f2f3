"""Other values of a constructor argument, made from what its signature says of it."""

from __future__ import annotations

from typing import Any

from rnnlab.plugins.annotation import alternatives
from rnnlab.plugins.signature import Parameter


def other_values(parameter: Parameter, value: Any) -> list[Any]:
    """Return valid values of an argument that differ from ``value``, the likeliest first.

    Args:
        parameter: The argument.
        value: What it is now.

    Returns:
        Empty where nothing can be guessed: a free text, a path, an object.
    """
    kinds = alternatives(parameter.type)
    tried: list[Any] = list(parameter.choices)
    if bool in kinds:
        tried += [True, False]
    if int in kinds:
        known = value if isinstance(value, int) and not isinstance(value, bool) else 2
        tried += [known + 1, 1, known - 1, 2]
    if float in kinds:
        number = float(value) if isinstance(value, int | float) else 0.5
        tried += [number + 2, 0.4, 0.9, number / 2, number * 2, 0.0]
    if type(None) in kinds:
        tried.append(None)
    different = [other for other in tried if not _same(other, value)]
    return [other for other in _once(different) if parameter.refusal(other) is None]


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


def _same(a: Any, b: Any) -> bool:
    return type(a) is type(b) and bool(a == b)


def _once(values: list[Any]) -> list[Any]:
    kept: list[Any] = []
    for value in values:
        if not any(_same(value, other) for other in kept):
            kept.append(value)
    return kept
