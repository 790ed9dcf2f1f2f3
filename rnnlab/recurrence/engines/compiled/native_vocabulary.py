"""What operations are read with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rnnlab.recurrence.engines.compiled.native_values import (
    Fill,
    NotLowered,
    Pointwise,
    Shape,
    Value,
    broadcast,
)

Term = Value | list[Value]


@dataclass(frozen=True)
class Read:
    """What tracing knows of the result of an operation.

    Args:
        shapes: Its axes, or those of each of its results.
        boolean: Whether it is true or false.
    """

    shapes: Shape | list[Shape]
    boolean: bool

    @property
    def shape(self) -> Shape:
        """The axes of a single result."""
        if isinstance(self.shapes, list):
            raise NotLowered("it has several results")
        return self.shapes


OPERATIONS: dict[str, Callable[..., Term]] = {}

Number = Value | float


def names(*names: str) -> Callable[[Callable[..., Term]], Callable[..., Term]]:
    """Keep a function under the names of operations."""

    def keep(function: Callable[..., Term]) -> Callable[..., Term]:
        for name in names:
            OPERATIONS[name] = function
        return function

    return keep


def value(number: Number) -> Value:
    """Return a value for a number."""
    if isinstance(number, Value):
        return number
    if isinstance(number, (bool, int, float)):
        return Fill((), isinstance(number, bool), float(number))
    raise NotLowered(f"argument {number!r}")


def as_number(term: Value) -> Value:
    """Return 0 and 1 for false and true."""
    if not term.boolean:
        return term
    if isinstance(term, Fill):
        return Fill(term.shape, False, term.number)
    return Pointwise(term.shape, False, "number", (term,))


def as_boolean(term: Value) -> Value:
    """Return whether a number is not zero."""
    return term if term.boolean else compared("ne", term, 0.0)


def pointwise(operation: str, *arguments: Number) -> Value:
    """Return an operation on numbers."""
    terms = tuple(as_number(value(argument)) for argument in arguments)
    return Pointwise(broadcast(*(term.shape for term in terms)), False, operation, terms)


def compared(operation: str, *arguments: Number) -> Value:
    """Return a comparison of numbers."""
    terms = tuple(as_number(value(argument)) for argument in arguments)
    return Pointwise(broadcast(*(term.shape for term in terms)), True, operation, terms)


def where(condition: Value, yes: Number, no: Number) -> Value:
    """Return one or the other."""
    left, right = value(yes), value(no)
    if not (left.boolean and right.boolean):
        left, right = as_number(left), as_number(right)
    terms = (as_boolean(condition), left, right)
    shape = broadcast(*(term.shape for term in terms))
    return Pointwise(shape, left.boolean, "where", terms)
