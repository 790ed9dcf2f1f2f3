"""Orders what a step computes into products, reductions and loops over the elements of a row.

Products, reductions and what a product reads are stored; everything else is computed where it is
needed, in as few loops as possible. A value has a *level*: how often what is stored by loops must
be complete before it can be computed. In a level products and reductions come first, then loops.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from rnnlab.recurrence.engines.compiled.native_values import (
    Affine,
    Fill,
    Flat,
    Index,
    Input,
    NotLowered,
    Pieces,
    Pointwise,
    Product,
    Reduction,
    Value,
    View,
    extents,
    has_rows,
    offset,
    strides,
    within,
)

_COSTS = {"add": 1, "sub": 1, "mul": 1, "neg": 1, "abs": 1, "relu": 1, "where": 1, "same": 0}
_DEAR = 4  # what costs more is stored rather than computed again at another level
_BOXES = 128  # into how many parts a row is cut at most, so that loops over parts can be one

Box = tuple[tuple[int, int], ...]
"""For each axis a start and a length."""


@dataclass(frozen=True)
class Store:
    """Some elements of a value that a loop stores."""

    value: Value
    box: Box


@dataclass(frozen=True)
class Loop:
    """Stores that run over as many elements."""

    lengths: tuple[int, ...]
    stores: tuple[Store, ...]


Stage = Product | Reduction | Loop


@dataclass
class Plan:
    """A graph, ordered.

    Args:
        stages: In the order in which they run.
        outputs: The value that is stored for each output.
        levels: Of every value that is stored.
    """

    stages: list[tuple[int, Stage]] = field(default_factory=list)
    outputs: list[Value] = field(default_factory=list)
    levels: dict[Value, int] = field(default_factory=dict)

    def reads(self, value: Value, level: int) -> bool:
        """Return whether a stage of a level reads a value where it is stored."""
        if isinstance(value, (Product, Reduction)):
            return True
        return self.levels.get(value, level) < level


class Crossing(Exception):
    """Elements lie on both sides of a border between pieces."""

    def __init__(self, pieces: Pieces, cut: tuple[str, int] | None) -> None:
        super().__init__()
        self.pieces, self.cut = pieces, cut


def plan(outputs: list[Value]) -> Plan:
    """Return the order in which the results of a graph are computed."""
    apart: set[Value] = set()
    while True:
        try:
            return _Planner(outputs, apart).plan()
        except Crossing as crossing:
            # Cannot be cut there: it is stored as a whole.
            if crossing.pieces in apart:
                raise NotLowered("cat: its parts cannot be told apart") from crossing
            apart.add(crossing.pieces)


def copied(value: Value) -> Value:
    """Return a value of its own with the same elements."""
    return Pointwise(value.shape, value.boolean, "same", (value,))


def base(value: Value, index: Index) -> tuple[Value, Index]:
    """Return what a view shows, and where."""
    while isinstance(value, View):
        index = value.place(index)
        value = value.source
    return value, index


def stored(value: Value) -> Value:
    """Return the value below views that keep all elements in order."""
    while True:
        if not isinstance(value, Flat) and not (isinstance(value, View) and value.ordered):
            return value
        value = value.source


def located(value: Value, index: Index) -> tuple[Value, Affine]:
    """Return the value whose storage an index below views points into, and the offset in a row."""
    value, index = base(value, index)
    along = offset(index, strides(extents(value.shape)))
    return (stored(value), along) if isinstance(value, Flat) else (value, along)


def bounds(place: Affine, lengths: dict[str, int]) -> tuple[int, int]:
    """Return the lowest and the highest place that loops of these lengths reach."""
    low = high = place.start
    for name, stride in place.terms:
        reach = stride * (lengths[name] - 1)
        low, high = low + min(0, reach), high + max(0, reach)
    return low, high


def piece(value: Pieces, index: Index, lengths: dict[str, int]) -> tuple[Value, Index]:
    """Return the part that holds all elements of an index.

    Raises:
        Crossing: There is none.
    """
    place = index[value.axis]
    low, high = bounds(place, lengths)
    begin = 0
    for part in value.parts:
        end = begin + extents(part.shape)[value.axis]
        if begin <= low < end:
            if high < end:
                there = place.plus(-begin)
                return part, (*index[: value.axis], there, *index[value.axis + 1 :])
            cut = None
            if len(place.terms) == 1 and place.terms[0][1] == 1:
                cut = (place.terms[0][0], end - place.start)
            raise Crossing(value, cut)
        begin = end
    raise NotLowered("cat: an index outside its parts")


def variables(box: Box) -> tuple[Index, tuple[int, ...]]:
    """Return the index of a box in the variables of a loop, and the lengths of the loop."""
    axes = [axis for axis, (_, length) in enumerate(box) if length > 1]
    names = dict(zip(axes, loop_names(len(axes)), strict=True))
    index = tuple(
        Affine(start, ((names[axis], 1),) if axis in names else ())
        for axis, (start, _) in enumerate(box)
    )
    return index, tuple(box[axis][1] for axis in axes)


def loop_names(count: int) -> list[str]:
    """Return the variables of nested loops; j counts elements that lie side by side."""
    return [*(f"i{at}" for at in range(count - 1)), *(["j"] if count else [])]


def reachable(roots: list[Value]) -> list[Value]:
    """Return values and all that they are computed from, sources first."""
    order: dict[Value, None] = {}
    stack = [(root, False) for root in reversed(roots)]
    while stack:
        value, done = stack.pop()
        if done:
            order[value] = None
        elif value not in order:
            stack.append((value, True))
            stack.extend((source, False) for source in reversed(value.sources))
    return list(order)


class _Planner:
    def __init__(self, outputs: list[Value], apart: set[Value]) -> None:
        self.apart = set(apart)
        self.levels: dict[Value, int] = {}
        self.costs: dict[Value, int] = {}
        self.kept: dict[Value, None] = {}  # stored by loops
        self.outputs: list[Value] = []
        for output in outputs:
            value = stored(output)
            plain = isinstance(value, (Pointwise, Pieces, Product, Reduction))
            if not plain or value in self.outputs:
                value = copied(output)
            self.outputs.append(value)

    def plan(self) -> Plan:
        values = reachable(self.outputs)
        for value in values:
            if isinstance(value, Reduction):
                self.apart.update(v for v in reachable([value.source]) if isinstance(v, Pieces))
        for value in values:
            if isinstance(value, Product):
                self._prepare(value)
            elif isinstance(value, Flat) and isinstance(stored(value), View):
                value.source = copied(value.source)  # elements in another order: stored in this one
        values = reachable(self.outputs)
        for value in values:
            self.levels[value] = self._level(value)
            self.costs[value] = self._cost(value)
        for value in values:
            for source in value.sources:
                self._keep_across(source, self.levels[value])
        for output in self.outputs:
            if not isinstance(output, (Product, Reduction)):
                self.kept[output] = None
        result = Plan([], self.outputs)
        whole = {value: self.levels[value] for value in self.kept}
        result.levels = whole
        for level in range(max(self.levels.values(), default=0) + 1):
            result.stages += [
                (level, value)
                for value in values
                if isinstance(value, (Product, Reduction)) and self.levels[value] == level
            ]
            here = [value for value in values if whole.get(value) == level]
            result.stages += [(level, loop) for loop in _loops(here, level, result)]
        return result

    def _prepare(self, product: Product) -> None:
        """Make what a product multiplies lie in rows."""
        names = tuple(Affine(0, ((name, 1),)) for name in ("g", "m", "k"))
        place, along = located(product.left, names)
        strides_ = dict(along.terms)
        lies = extents(product.left.shape)[2] == 1 or strides_.get("k") == 1
        if not lies or isinstance(place, Fill) or not has_rows(place.shape):
            product.left = copied(product.left)

    def _operand(self, product: Product) -> Value:
        names = tuple(Affine(0, ((name, 1),)) for name in ("g", "m", "k"))
        return located(product.left, names)[0]

    def _seen(self, value: Value) -> int:
        """Return from which level on a value can be read."""
        return self.levels[value] + (value in self.apart)

    def _whole(self, value: Value) -> int:
        """Return from which level on a value can be read where it is stored, storing it."""
        if isinstance(value, (Product, Reduction, Input)):
            return self.levels[value]
        self.kept[value] = None
        return self.levels[value] + 1

    def _level(self, value: Value) -> int:
        if value in self.apart:
            self.kept[value] = None
        if isinstance(value, Product):
            return self._whole(self._operand(value))
        if isinstance(value, Flat):
            return self._whole(stored(value))
        level = max(map(self._seen, value.sources), default=0)
        if isinstance(value, Reduction) and self.costs[value.source] > _DEAR:
            return level + 1
        return level

    def _cost(self, value: Value) -> int:
        if isinstance(value, (Input, Fill, Flat, Product, Reduction)) or value in self.kept:
            return 0
        cost = sum(self.costs[source] for source in value.sources)
        if isinstance(value, Pointwise):
            cost += _COSTS.get(value.operation, 10)
        return cost

    def _keep_across(self, value: Value, level: int) -> None:
        while isinstance(value, View):
            value = value.source
        computed = isinstance(value, (Pointwise, Pieces))
        if computed and self.levels[value] < level and self.costs[value] > _DEAR:
            self.kept[value] = None


def _loops(values: list[Value], level: int, plan: Plan) -> list[Loop]:
    """Return loops that store values, one for all parts of equal lengths."""
    cuts: dict[Value, set[tuple[int, int]]] = {value: set() for value in values}
    while True:
        boxes = {value: _boxes(value, cuts[value], level, plan) for value in values}
        before = sum(map(len, cuts.values()))
        for value, parts in boxes.items():
            for box in parts:
                index, lengths = variables(box)
                of = dict(zip(loop_names(len(lengths)), lengths, strict=True))
                for other, there in _visited(value, index, of, level, plan):
                    if other in cuts and other is not value:
                        cuts[other] |= _borders(other, there, of)
        if sum(map(len, cuts.values())) == before:
            break
    groups: dict[tuple[int, ...], list[Store]] = {}
    for value, parts in boxes.items():
        for box in parts:
            groups.setdefault(variables(box)[1], []).append(Store(value, box))
    return [Loop(lengths, tuple(stores)) for lengths, stores in groups.items()]


def _boxes(value: Value, cuts: set[tuple[int, int]], level: int, plan: Plan) -> list[Box]:
    boxes: list[Box] = [tuple((0, length) for length in extents(value.shape))]
    for axis, at in sorted(cuts):
        if len(boxes) < _BOXES:
            boxes = [part for box in boxes for part in _cut(box, axis, at)]
    done: list[Box] = []
    while boxes:
        box = boxes.pop(0)
        index, lengths = variables(box)
        names = loop_names(len(lengths))
        try:
            for _ in _visited(value, index, dict(zip(names, lengths, strict=True)), level, plan):
                pass
        except Crossing as crossing:
            if crossing.cut is None or len(done) + len(boxes) >= _BOXES:
                raise Crossing(crossing.pieces, None) from crossing
            name, at = crossing.cut
            axes = [axis for axis, (_, length) in enumerate(box) if length > 1]
            axis = axes[names.index(name)]
            boxes = [*_cut(box, axis, box[axis][0] + at), *boxes]
        else:
            done.append(box)
    return done


def _cut(box: Box, axis: int, at: int) -> list[Box]:
    start, length = box[axis]
    if not start < at < start + length:
        return [box]
    parts = ((start, at - start), (at, start + length - at))
    return [(*box[:axis], part, *box[axis + 1 :]) for part in parts]


def _visited(
    value: Value, index: Index, lengths: dict[str, int], level: int, plan: Plan
) -> Iterator[tuple[Value, Index]]:
    """Yield all values that are computed for an index, and where."""
    seen: set[tuple[Value, Index]] = set()
    stack = [(value, index)]
    first = True
    while stack:
        value, index = stack.pop()
        value, index = base(value, index)
        if (value, index) in seen:
            continue
        seen.add((value, index))
        yield value, index
        if not first and plan.reads(value, level):
            continue
        first = False
        if isinstance(value, Pieces):
            stack.append(piece(value, index, lengths))
        elif isinstance(value, Pointwise):
            stack.extend((source, within(index, source.shape)) for source in value.arguments)


def _borders(value: Value, index: Index, lengths: dict[str, int]) -> set[tuple[int, int]]:
    borders = set()
    for axis, (place, size) in enumerate(zip(index, extents(value.shape), strict=True)):
        low, high = bounds(place, lengths)
        borders |= {(axis, at) for at in (low, high + 1) if 0 < at < size}
    return borders
