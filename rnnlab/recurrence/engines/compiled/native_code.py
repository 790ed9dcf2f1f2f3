"""Writes a step and its adjoint, run over time, as C++."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rnnlab.recurrence.engines.compiled.native_stages import (
    Loop,
    Plan,
    base,
    located,
    loop_names,
    piece,
    variables,
)
from rnnlab.recurrence.engines.compiled.native_values import (
    Affine,
    Fill,
    Index,
    Input,
    NotLowered,
    Pieces,
    Pointwise,
    Product,
    Reduction,
    Value,
    extents,
    has_rows,
    offset,
    strides,
    within,
)

_OPERATORS = {
    "add": "{} + {}",
    "sub": "{} - {}",
    "mul": "{} * {}",
    "div": "{} / {}",
    "neg": "-{}",
    "same": "{}",
    "relu": "pick({0} < (S)0, V{{}}, {0})",
    "where": "pick({}, {}, {})",
    "maximum": "greater({}, {})",
    "minimum": "smaller({}, {})",
    "number": "pick({}, splat(1), V{{}})",
    "and": "{} & {}",
    "or": "{} | {}",
    "xor": "{} ^ {}",
    "not": "~{}",
    "eq": "(I)({} == {})",
    "ne": "(I)({} != {})",
    "lt": "(I)({} < {})",
    "le": "(I)({} <= {})",
    "gt": "(I)({} > {})",
    "ge": "(I)({} >= {})",
}
_REDUCTIONS = {  # the start, one more vector, the elements of a vector
    "sum": ("0", "{} + {}", "sum_of"),
    "product": ("1", "{} * {}", "product_of"),
    "greatest": ("-__builtin_inf()", "greater({}, {})", "greatest_of"),
    "smallest": ("__builtin_inf()", "smaller({}, {})", "smallest_of"),
}


@dataclass
class Text:
    """Lines of C++, indented."""

    lines: list[str] = field(default_factory=list)
    depth: int = 0

    def __call__(self, line: str) -> None:
        """Add a line."""
        self.lines.append("  " * self.depth + line)

    @contextmanager
    def block(self, head: str, tail: str = "}") -> Iterator[None]:
        """Indent what is added until the end of a block."""
        self(f"{head} {{")
        self.depth += 1
        yield
        self.depth -= 1
        self(tail)


@dataclass(frozen=True)
class Pointer:
    """Where the rows of a value lie.

    Args:
        name: The variable that points to the first row of a tile.
        row: How far a row is from the next.
    """

    name: str
    row: str


@dataclass(frozen=True)
class Packed:
    """A constant matrix to be packed before the first step.

    Args:
        position: Which input of the graph it is in.
        start: Where it begins, in elements.
        along: The strides along k and n.
        bias: The same of what is added to each column: position, start and stride; or None.
        K: Rows.
        N: Columns.
    """

    position: int
    start: str
    along: tuple[str, str]
    bias: tuple[int, str, str] | None
    K: int
    N: int


class StepCode:
    """Writes the stages of one step for some rows.

    Args:
        plan: The order of the step.
        inputs: Where the rows of each input lie; the names of constants.
        outputs: Where the rows of each output lie.
        prefix: What names that it makes up begin with.
    """

    def __init__(
        self,
        plan: Plan,
        inputs: list[Pointer],
        outputs: list[Pointer],
        prefix: str,
    ) -> None:
        self.plan = plan
        self.inputs = inputs
        self.prefix = prefix
        self.places: dict[Value, Pointer] = dict(zip(plan.outputs, outputs, strict=True))
        self.scratch: list[tuple[str, int]] = []
        self.packed: dict[Packed, str] = {}
        self.cost = 0.0  # about how many nanoseconds all this takes for a row
        self.text = Text()

    def write(self, text: Text) -> None:
        """Write all stages; rows, and what the pointers name, must be known there."""
        self.text = text
        for level, stage in self.plan.stages:
            if isinstance(stage, Product):
                self._product(stage)
            elif isinstance(stage, Reduction):
                self._reduction(stage, level)
            else:
                self._loop(stage, level)

    def _place(self, value: Value) -> Pointer:
        """Return where a value is stored."""
        if isinstance(value, Input):
            return self.inputs[value.position]
        if value not in self.places:
            size = math.prod(extents(value.shape))
            name = f"{self.prefix}{len(self.scratch)}"
            self.scratch.append((name, size))
            self.places[value] = Pointer(name, f"padded({size})")
        return self.places[value]

    # Products.

    def _product(self, product: Product) -> None:
        (_, rows, K), (groups, _, N) = extents(product.left.shape), extents(product.shape)
        place, left = located(product.left, _axes("g", "m", "k"))
        if not has_rows(place.shape):
            raise NotLowered("mm: two constants")
        a, c = self._place(place), self._place(product)
        self.cost += groups * rows * K * N / 80
        along = dict(left.terms)
        for g in range(groups):
            packed = self._packed(product, g)
            for m in range(rows):
                start = left.start + g * along.get("g", 0) + m * along.get("m", 0)
                to = (g * rows + m) * N
                self.text(
                    f"product(rows, {K}, {N}, {a.name} + {start}, {a.row}, packed + {packed}, "
                    f"{c.name} + {to}, {c.row});"
                )

    def _packed(self, product: Product, g: int) -> str:
        _, K, N = extents(product.right.shape)
        group = Affine(g if extents(product.right.shape)[0] > 1 else 0)
        position, place = self._constant(product.right, (group, *_axes("k", "n")))
        bias = None
        if product.bias is not None:
            at, there = self._constant(product.bias, _axes("n"))
            bias = (at, self._start(at, there), self._stride(at, there, "n"))
        along = (self._stride(position, place, "k"), self._stride(position, place, "n"))
        packed = Packed(position, self._start(position, place), along, bias, K, N)
        return self.packed.setdefault(packed, f"{self.prefix}m{len(self.packed)}")

    def _constant(self, value: Value, index: Index) -> tuple[int, Index]:
        """Return which input a constant is, and where an index lies in it, along each axis."""
        shown, there = base(value, index)
        if not isinstance(shown, Input):
            shown, along = located(value, index)
            if not isinstance(shown, Input):
                name = getattr(shown, "operation", type(shown).__name__.lower())
                raise NotLowered(f"{name}: of constants, in every step, for a product")
            shown.contiguous = True
            there = _unflat(along, shown)
        if has_rows(shown.shape):
            raise NotLowered("mm: rows as a constant")
        return shown.position, there

    def _stride(self, position: int, index: Index, name: str) -> str:
        name_ = self.inputs[position].name
        terms = [
            f"{dict(place.terms)[name]} * {name_}_{axis}"
            for axis, place in enumerate(index)
            if name in dict(place.terms)
        ]
        return " + ".join(terms) or "0"

    def _start(self, position: int, index: Index) -> str:
        name = self.inputs[position].name
        terms = [f"{place.start} * {name}_{a}" for a, place in enumerate(index) if place.start]
        return " + ".join(terms) or "0"

    # Loops.

    def _loop(self, loop: Loop, level: int) -> None:
        lengths = loop.lengths or (1,)
        names = loop_names(len(lengths))
        body = _Body(self, level, dict(zip(names, lengths, strict=True)))
        stores = []
        for store in loop.stores:
            index, _ = variables(store.box)
            result = body.value(store.value, index, here=True)
            place = self._place(store.value)
            at = offset(index, strides(extents(store.value.shape)))
            body.use(place)
            stores.append(f"store({place.name}_ + {_sum(at)}, {result}, part);")
        self.cost += math.prod(lengths) * body.cost
        with self._rows(body), self._nest(names[:-1], lengths), self._vectors(lengths[-1]):
            for line in body.lines + stores:
                self.text(line)

    def _reduction(self, reduction: Reduction, level: int) -> None:
        source = reduction.source
        sizes = extents(source.shape)
        axes = [axis for axis, size in enumerate(sizes) if size > 1]
        last = axes[-1]
        kept = [axis for axis in axes if axis not in reduction.axes and axis != last]
        summed = [axis for axis in axes if axis in reduction.axes and axis != last]
        names = {last: "j"} | {axis: f"i{axis}" for axis in kept + summed}
        index = tuple(
            Affine(0, ((names[axis], 1),) if axis in names else ()) for axis in range(len(sizes))
        )
        body = _Body(self, level, {name: sizes[axis] for axis, name in names.items()})
        element = body.value(source, index)
        self.cost += math.prod(sizes) * body.cost
        place = self._place(reduction)
        body.use(place)
        there = tuple(Affine(0) if axis in reduction.axes else at for axis, at in enumerate(index))
        to = f"{place.name}_ + {_sum(offset(there, strides(extents(reduction.shape))))}"
        start, more, whole = _REDUCTIONS[reduction.operation]
        inner = self._nest([names[axis] for axis in summed], [sizes[axis] for axis in summed])
        outer = self._nest([names[axis] for axis in kept], [sizes[axis] for axis in kept])
        text = self.text
        with self._rows(body), outer:
            if last in reduction.axes:
                text(f"V total = splat({start});")
                with inner, self._vectors(sizes[last]):
                    for line in body.lines:
                        text(line)
                    text(f"total = {more.format('total', f'first({element}, {start}, part)')};")
                text(f"*({to}) = {whole}(total);")
            else:
                with self._vectors(sizes[last]):
                    text(f"V total = splat({start});")
                    with inner:
                        for line in body.lines:
                            text(line)
                        text(f"total = {more.format('total', element)};")
                    text(f"store({to}, total, part);")

    @contextmanager
    def _rows(self, body: _Body) -> Iterator[None]:
        with self.text.block("for (long r = 0; r < rows; r++)"):
            for pointer in body.pointers:
                self.text(f"auto* {pointer.name}_ = {pointer.name} + r * ({pointer.row});")
            yield

    @contextmanager
    def _nest(self, names: list[str], lengths: list[int] | tuple[int, ...]) -> Iterator[None]:
        for name, length in zip(names, lengths, strict=False):
            self.text(f"for (long {name} = 0; {name} < {length}; {name}++) {{")
            self.text.depth += 1
        yield
        for _ in names:
            self.text.depth -= 1
            self.text("}")

    @contextmanager
    def _vectors(self, length: int) -> Iterator[None]:
        head = f"vectors<{length}>([&](long j, auto part) __attribute__((always_inline))"
        with self.text.block(head, "});"):
            yield


class _Body:
    """Computes the elements of values in a loop, each once."""

    def __init__(self, step: StepCode, level: int, lengths: dict[str, int]) -> None:
        self.step, self.level, self.lengths = step, level, lengths
        self.lines: list[str] = []
        self.known: dict[tuple[Value, Index], str] = {}
        self.loads: dict[tuple[str, Affine], str] = {}
        self.pointers: dict[Pointer, None] = {}
        self.cost = 0.0  # about how many nanoseconds an element takes

    def use(self, pointer: Pointer) -> None:
        """Have the rows of a pointer at hand, under its name and a line below."""
        self.pointers[pointer] = None

    def value(self, value: Value, index: Index, here: bool = False) -> str:
        """Return the name of a vector of a value; ``here`` to compute what is stored, too."""
        value, index = base(value, index)
        key = (value, index)
        if key not in self.known:
            self.known[key] = self._compute(value, index, here)
        return self.known[key]

    def _compute(self, value: Value, index: Index, here: bool) -> str:
        if isinstance(value, Fill):
            return self._fill(value)
        computed = isinstance(value, (Pointwise, Pieces))
        if not computed or (not here and self.step.plan.reads(value, self.level)):
            return self._load(value, index)
        if isinstance(value, Pieces):
            return self.value(*piece(value, index, self.lengths))
        assert isinstance(value, Pointwise)
        arguments = [self.value(part, within(index, part.shape)) for part in value.arguments]
        form = _OPERATORS.get(value.operation, value.operation + "_({})")
        if value.operation not in _OPERATORS and len(arguments) == 2:
            form = value.operation + "_({}, {})"
        return self._named(form.format(*arguments), value.boolean)

    def _fill(self, value: Fill) -> str:
        if value.boolean:
            return self._named(f"flags({'true' if value.number else 'false'})", True)
        number = repr(float(value.number))
        if math.isnan(value.number):
            number = '__builtin_nan("")'
        elif math.isinf(value.number):
            number = ("-" if value.number < 0 else "") + "__builtin_inf()"
        return self._named(f"splat({number})", False)

    def _load(self, value: Value, index: Index) -> str:
        place, along = located(value, index)
        pointer = self.step._place(place)
        if isinstance(place, Input) and not has_rows(place.shape):
            place.contiguous = True
            name = pointer.name
        else:
            self.use(pointer)
            name = pointer.name + "_"
        if (name, along) not in self.loads:
            stride = dict(along.terms).get("j", 0)
            if stride == 0 and place.boolean:
                term = f"flags({name}[{_sum(along)}])"
            elif stride == 0:
                term = f"splat({name}[{_sum(along)}])"
            elif stride == 1:
                term = f"load({name} + {_sum(along)}, part)"
            else:
                term = f"load({name} + {_sum(along)}, {stride}, part)"
            self.loads[name, along] = self._named(term, place.boolean)
        return self.loads[name, along]

    def _named(self, term: str, boolean: bool) -> str:
        name = f"v{len(self.lines)}"
        self.cost += 0.3 if "_(" in term else 0.05
        self.lines.append(f"{'I' if boolean else 'V'} {name} = {term};")
        return name


def _axes(*names: str) -> Index:
    return tuple(Affine(0, ((name, 1),)) for name in names)


def _sum(place: Affine) -> str:
    terms = [name if stride == 1 else f"{name} * {stride}" for name, stride in place.terms]
    if place.start or not terms:
        terms.append(str(place.start))
    return "(" + " + ".join(terms) + ")"


def _unflat(along: Affine, value: Input) -> Index:
    """Return an index into a contiguous value with this offset: all of it along the last axis."""
    return (*(Affine(0) for _ in value.shape[:-1]), along)
