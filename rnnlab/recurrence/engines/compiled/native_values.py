"""What a step computes, as functions of an index: what the graph of a step is read into.

A value has one axis for the rows of the batch (a :class:`Rows`) or none, and any other axes. A row
of it has one element for every index into :func:`extents`; the axis of the rows counts there with
the rows that it has for each row of the batch, usually one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple


class NotLowered(Exception):
    """A step cannot be written in C++; the message names the operation and says why."""


class Rows(NamedTuple):
    """The size of an axis along the batch: so many for each row of it."""

    each: int


Size = int | Rows
Shape = tuple[Size, ...]


class Affine(NamedTuple):
    """A place along an axis: a start, and for each variable of a loop a stride."""

    start: int
    terms: tuple[tuple[str, int], ...] = ()

    def plus(self, other: Affine | int) -> Affine:
        """Return the sum."""
        if isinstance(other, int):
            return Affine(self.start + other, self.terms)
        strides = dict(self.terms)
        for name, stride in other.terms:
            strides[name] = strides.get(name, 0) + stride
        terms = tuple(sorted((name, stride) for name, stride in strides.items() if stride))
        return Affine(self.start + other.start, terms)

    def times(self, factor: int) -> Affine:
        """Return the multiple."""
        if not factor:
            return Affine(0)
        return Affine(self.start * factor, tuple((name, s * factor) for name, s in self.terms))


Index = tuple[Affine, ...]


@dataclass(eq=False)
class Value:
    """A tensor in a step.

    Args:
        shape: Its axes.
        boolean: Whether its elements are true or false instead of numbers.
    """

    shape: Shape
    boolean: bool

    @property
    def sources(self) -> tuple[Value, ...]:
        """What it is computed from."""
        return ()


@dataclass(eq=False)
class Input(Value):
    """An argument of the graph.

    Args:
        position: Which one.
        contiguous: Whether its elements must lie as in a contiguous tensor; otherwise those of a
            constant may have any strides. Those of one row always lie so.
    """

    position: int
    contiguous: bool = False


@dataclass(eq=False)
class Fill(Value):
    """The same number everywhere."""

    number: float


@dataclass(eq=False)
class Pointwise(Value):
    """An operation on one element of each argument, these broadcast to the shape."""

    operation: str
    arguments: tuple[Value, ...]

    @property
    def sources(self) -> tuple[Value, ...]:
        """The arguments."""
        return self.arguments


@dataclass(eq=False)
class View(Value):
    """The elements of another value in other places.

    Args:
        source: The other value.
        place: Turns an index here into one there.
        ordered: Whether these are all elements, in the same order.
        axes: Which axis there each one here is, where that is all that differs.
    """

    source: Value
    place: Callable[[Index], Index]
    ordered: bool = False
    axes: tuple[int, ...] | None = None

    @property
    def sources(self) -> tuple[Value, ...]:
        """What is viewed."""
        return (self.source,)


@dataclass(eq=False)
class Flat(Value):
    """The elements of another value in the same order under other axes."""

    source: Value

    @property
    def sources(self) -> tuple[Value, ...]:
        """What is viewed."""
        return (self.source,)


@dataclass(eq=False)
class Pieces(Value):
    """Values side by side along one axis."""

    axis: int
    parts: tuple[Value, ...]

    @property
    def sources(self) -> tuple[Value, ...]:
        """The parts."""
        return self.parts


@dataclass(eq=False)
class Reduction(Value):
    """The sum, product, greatest or smallest element over some axes, which stay with size 1."""

    operation: str
    source: Value
    axes: frozenset[int]

    @property
    def sources(self) -> tuple[Value, ...]:
        """What is reduced."""
        return (self.source,)


@dataclass(eq=False)
class Product(Value):
    """Rows times a constant matrix, for each group: ``(G, rows, K)``, ``(G, K, N)``.

    Where the left side has several rows for one of the batch, these are taken one by one.

    Args:
        left: ``(G, rows, K)``.
        right: ``(G, K, N)`` or, for all groups, ``(1, K, N)``.
        bias: ``(N,)``, constant, or None.
    """

    left: Value
    right: Value
    bias: Value | None

    @property
    def sources(self) -> tuple[Value, ...]:
        """What is multiplied and added."""
        return (self.left, self.right, *([] if self.bias is None else [self.bias]))


@dataclass
class Graph:
    """A graph of a step.

    Args:
        inputs: By position; None where nothing is known of one, and nothing reads it.
        outputs: In order; None for zeros.
        double: Whether numbers have 64 bits.
    """

    inputs: list[Input | None] = field(default_factory=list)
    outputs: list[Value | None] = field(default_factory=list)
    double: bool = False


def extents(shape: Shape) -> tuple[int, ...]:
    """Return how many elements of one row of the batch there are along each axis."""
    return tuple(size.each if isinstance(size, Rows) else size for size in shape)


def elements(shape: Shape) -> int:
    """Return how many elements one row of the batch has."""
    return math.prod(extents(shape))


def has_rows(shape: Shape) -> bool:
    """Return whether there is an axis along the batch."""
    return any(isinstance(size, Rows) for size in shape)


def strides(lengths: tuple[int, ...]) -> tuple[int, ...]:
    """Return the strides of contiguous elements."""
    return tuple(math.prod(lengths[axis + 1 :]) for axis in range(len(lengths)))


def offset(index: Index, along: tuple[int, ...]) -> Affine:
    """Return where an index lies, given the stride of each axis."""
    total = Affine(0)
    for place, stride in zip(index, along, strict=True):
        total = total.plus(place.times(stride))
    return total


def broadcast(*shapes: Shape) -> Shape:
    """Return the shape that values of these shapes have together.

    Raises:
        NotLowered: They have none, or an axis along the batch meets another.
    """
    rank = max(map(len, shapes))
    joint: list[Size] = [1] * rank
    for shape in shapes:
        for axis, size in enumerate(shape, rank - len(shape)):
            if joint[axis] == 1:
                joint[axis] = size
            elif size not in (1, joint[axis]):
                raise NotLowered(f"shapes {shapes} do not go together")
    return tuple(joint)


def within(index: Index, shape: Shape) -> Index:
    """Return an index into a value of this shape that is broadcast to where the index is from."""
    index = index[len(index) - len(shape) :]
    return tuple(
        Affine(0) if size == 1 else place for place, size in zip(index, shape, strict=True)
    )


def expanded(value: Value, shape: Shape) -> Value:
    """Return a value broadcast to a shape."""
    if value.shape == shape:
        return value
    if isinstance(value, Fill):
        return Fill(shape, value.boolean, value.number)
    return View(shape, value.boolean, value, lambda index: within(index, value.shape))


def reshaped(value: Value, shape: Shape) -> Value:
    """Return a value's elements in the same order under other axes.

    Raises:
        NotLowered: That would mix the rows of the batch.
    """
    if value.shape == shape:
        return value
    if isinstance(value, Fill):
        return Fill(shape, value.boolean, value.number)
    groups = _groups(value.shape, shape)
    if any(len(old) > 1 for old, _ in groups):
        return Flat(shape, value.boolean, value)
    lengths, rank = extents(shape), len(value.shape)

    def place(index: Index) -> Index:
        there = [Affine(0)] * rank
        for old, new in groups:
            along = strides(tuple(lengths[axis] for axis in new))
            there[old[0]] = offset(tuple(index[axis] for axis in new), along)
        return tuple(there)

    return View(shape, value.boolean, value, place, ordered=True)


def _groups(old: Shape, new: Shape) -> list[tuple[list[int], list[int]]]:
    """Return which axes hold the same elements as which others, without those of size 1."""
    groups = []
    cuts = []
    for shape in (old, new):
        at = [axis for axis, size in enumerate(shape) if isinstance(size, Rows)]
        cuts.append(at[0] if at else 0)
    for before in (True, False):
        sides = []
        for shape, cut in zip((old, new), cuts, strict=True):
            axes = range(cut) if before else range(cut, len(shape))
            sides.append([axis for axis in axes if extents(shape)[axis] != 1])
        left, right = sides
        while left or right:
            taken: tuple[list[int], list[int]] = ([], [])
            counts = [1, 1]
            while not taken[0] or counts[0] != counts[1]:
                side = 0 if counts[0] <= counts[1] else 1
                if not sides[side]:
                    raise NotLowered(f"view of {old} as {new}: it mixes the rows of the batch")
                axis = sides[side].pop(0)
                taken[side].append(axis)
                counts[side] *= extents((old, new)[side])[axis]
            groups.append(taken)
    return groups
