"""What each ATen operation is, as values: the vocabulary of a step in C++."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import torch

from rnnlab.recurrence.engines.compiled.native_values import (
    Affine,
    Fill,
    Index,
    NotLowered,
    Pieces,
    Pointwise,
    Product,
    Reduction,
    Rows,
    Shape,
    Size,
    Value,
    View,
    broadcast,
    expanded,
    extents,
    has_rows,
    reshaped,
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


def _names(*names: str) -> Callable[[Callable[..., Term]], Callable[..., Term]]:
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


def _simple(operation: str) -> Callable[..., Term]:
    return lambda call, *arguments: pointwise(operation, *arguments)


def _compare(operation: str) -> Callable[..., Term]:
    return lambda call, *arguments: compared(operation, *arguments)


for _operation in (
    "mul neg sigmoid tanh exp exp2 expm1 log log1p log2 log10 sin cos tan asin acos atan sinh cosh "
    "asinh acosh atanh erf erfc sqrt floor ceil trunc abs maximum minimum atan2 fmod"
).split():
    OPERATIONS[_operation] = _simple(_operation)
for _operation in "eq ne lt le gt ge".split():
    OPERATIONS[_operation] = _compare(_operation)
for _alias, _operation in {
    "multiply": "mul",
    "negative": "neg",
    "absolute": "abs",
    "fix": "trunc",
    "sign": "sign",
    "sgn": "sign",
    "fmax": "fmax",
    "fmin": "fmin",
    "arctan": "atan",
    "arctan2": "atan2",
    "special_erf": "erf",
}.items():
    OPERATIONS[_alias] = _simple(_operation)


@_names("fmax", "fmin")
def _refuse(call: Read, *arguments: Any) -> Term:
    raise NotLowered("it is not known")


@_names("add")
def _add(call: Read, left: Number, right: Number, alpha: float = 1) -> Term:
    return pointwise("add", left, right if alpha == 1 else pointwise("mul", right, alpha))


@_names("sub", "subtract")
def _sub(call: Read, left: Number, right: Number, alpha: float = 1) -> Term:
    return pointwise("sub", left, right if alpha == 1 else pointwise("mul", right, alpha))


@_names("rsub")
def _rsub(call: Read, left: Number, right: Number, alpha: float = 1) -> Term:
    return _sub(call, right, left, alpha)


@_names("div", "true_divide", "divide")
def _div(call: Read, left: Number, right: Number, rounding_mode: str | None = None) -> Term:
    ratio = pointwise("div", left, right)
    if rounding_mode is None:
        return ratio
    return pointwise(rounding_mode, ratio)


@_names("remainder")
def _remainder(call: Read, left: Number, right: Number) -> Term:
    # As Python's, and not as C's, it has the sign of the divisor.
    rest = pointwise("fmod", left, right)
    other_sign = _and(call, compared("ne", rest, 0.0), compared("lt", pointwise("mul", rest, right), 0.0))
    return where(cast("Value", other_sign), pointwise("add", rest, right), rest)


@_names("addcmul")
def _addcmul(call: Read, total: Value, left: Value, right: Value, value: float = 1) -> Term:
    return pointwise("add", total, pointwise("mul", pointwise("mul", value, left), right))


@_names("addcdiv")
def _addcdiv(call: Read, total: Value, left: Value, right: Value, value: float = 1) -> Term:
    return pointwise("add", total, pointwise("mul", value, pointwise("div", left, right)))


@_names("lerp")
def _lerp(call: Read, start: Value, end: Value, weight: Number) -> Term:
    return pointwise("add", start, pointwise("mul", weight, pointwise("sub", end, start)))


@_names("reciprocal")
def _reciprocal(call: Read, x: Value) -> Term:
    return pointwise("div", 1.0, x)


@_names("rsqrt")
def _rsqrt(call: Read, x: Value) -> Term:
    return pointwise("div", 1.0, pointwise("sqrt", x))


@_names("square")
def _square(call: Read, x: Value) -> Term:
    return pointwise("mul", x, x)


@_names("round")
def _round(call: Read, x: Value, decimals: int = 0) -> Term:
    if decimals:
        raise NotLowered(f"decimals={decimals}")
    return pointwise("rint", x)


@_names("pow")
def _pow(call: Read, base: Number, exponent: Number) -> Term:
    if isinstance(exponent, Fill):
        exponent = exponent.number
    if exponent in (0, 1, 2, 3, -1, 0.5, -0.5) and isinstance(base, Value):
        if exponent == 0:
            return Fill(base.shape, False, 1.0)
        if exponent in (0.5, -0.5):
            root = pointwise("sqrt", base)
            return root if exponent > 0 else pointwise("div", 1.0, root)
        if exponent == -1:
            return pointwise("div", 1.0, base)
        power: Value = base
        for _ in range(int(cast("float", exponent)) - 1):
            power = pointwise("mul", power, base)
        return power
    return pointwise("pow", base, exponent)


@_names("relu")
def _relu(call: Read, x: Value) -> Term:
    return pointwise("relu", x)


@_names("clamp", "clip")
def _clamp(call: Read, x: Value, min: Number | None = None, max: Number | None = None) -> Term:
    if min is not None:
        x = pointwise("maximum", x, min)
    return x if max is None else pointwise("minimum", x, max)


@_names("clamp_min")
def _clamp_min(call: Read, x: Value, min: Number) -> Term:
    return pointwise("maximum", x, min)


@_names("clamp_max")
def _clamp_max(call: Read, x: Value, max: Number) -> Term:
    return pointwise("minimum", x, max)


@_names("hardtanh")
def _hardtanh(call: Read, x: Value, min_val: float = -1, max_val: float = 1) -> Term:
    return pointwise("minimum", pointwise("maximum", x, min_val), max_val)


@_names("where")
def _where(call: Read, condition: Value, yes: Number, no: Number) -> Term:
    return where(condition, yes, no)


@_names("masked_fill")
def _masked_fill(call: Read, x: Value, mask: Value, number: Number) -> Term:
    return where(mask, number, x)


@_names("logical_and", "bitwise_and")
def _and(call: Read, left: Value, right: Value) -> Term:
    return _logic("and", left, right)


@_names("logical_or", "bitwise_or")
def _or(call: Read, left: Value, right: Value) -> Term:
    return _logic("or", left, right)


@_names("logical_xor", "bitwise_xor")
def _xor(call: Read, left: Value, right: Value) -> Term:
    return _logic("xor", left, right)


@_names("logical_not", "bitwise_not")
def _not(call: Read, x: Value) -> Term:
    return _logic("not", x)


def _logic(operation: str, *arguments: Value) -> Value:
    terms = tuple(as_boolean(value(argument)) for argument in arguments)
    return Pointwise(broadcast(*(term.shape for term in terms)), True, operation, terms)


@_names("isnan")
def _isnan(call: Read, x: Value) -> Term:
    return compared("ne", x, x)


@_names("isinf")
def _isinf(call: Read, x: Value) -> Term:
    return compared("eq", pointwise("abs", x), math.inf)


# What decompositions may leave whole.


@_names("silu")
def _silu(call: Read, x: Value) -> Term:
    return pointwise("mul", x, pointwise("sigmoid", x))


@_names("softplus")
def _softplus(call: Read, x: Value, beta: float = 1, threshold: float = 20) -> Term:
    scaled = pointwise("mul", x, beta)
    soft = pointwise("div", pointwise("log1p", pointwise("exp", scaled)), beta)
    return where(compared("gt", scaled, threshold), x, soft)


@_names("leaky_relu")
def _leaky_relu(call: Read, x: Value, negative_slope: float = 0.01) -> Term:
    return where(compared("gt", x, 0.0), x, pointwise("mul", x, negative_slope))


@_names("elu")
def _elu(call: Read, x: Value, alpha: float = 1, scale: float = 1, input_scale: float = 1) -> Term:
    low = pointwise("mul", pointwise("expm1", pointwise("mul", x, input_scale)), alpha * scale)
    return where(compared("gt", x, 0.0), pointwise("mul", x, scale), low)


@_names("gelu")
def _gelu(call: Read, x: Value, approximate: str = "none") -> Term:
    half = pointwise("mul", x, 0.5)
    if approximate == "none":
        inner = pointwise("erf", pointwise("mul", x, math.sqrt(0.5)))
    else:
        cube = pointwise("mul", pointwise("mul", x, x), x)
        sum_ = pointwise("add", x, pointwise("mul", cube, 0.044715))
        inner = pointwise("tanh", pointwise("mul", sum_, math.sqrt(2 / math.pi)))
    return pointwise("mul", half, pointwise("add", inner, 1.0))


@_names("sigmoid_backward")
def _sigmoid_backward(call: Read, gradient: Value, y: Value) -> Term:
    slope = pointwise("mul", y, pointwise("sub", 1.0, y))
    return pointwise("mul", gradient, slope)


@_names("tanh_backward")
def _tanh_backward(call: Read, gradient: Value, y: Value) -> Term:
    return pointwise("mul", gradient, pointwise("sub", 1.0, pointwise("mul", y, y)))


@_names("threshold_backward")
def _threshold_backward(call: Read, gradient: Value, x: Value, threshold: float) -> Term:
    return where(compared("le", x, threshold), 0.0, gradient)


# Places.


@_names(
    "alias",
    "detach",
    "clone",
    "lift_fresh",
    "lift_fresh_copy",
    "contiguous",
    "view_of",
    "alias_copy",
    "detach_copy",
    "positive",
)
def _same(call: Read, x: Value, **options: Any) -> Term:
    return x


@_names("_to_copy", "to", "convert_element_type", "type_as")
def _to_copy(call: Read, x: Value, *arguments: Any, **options: Any) -> Term:
    return as_boolean(x) if call.boolean else as_number(x)


@_names("copy")
def _copy(call: Read, x: Value, source: Value, non_blocking: bool = False) -> Term:
    return expanded(as_boolean(source) if call.boolean else as_number(source), call.shape)


@_names("view", "_unsafe_view", "reshape", "view_copy", "_reshape_alias", "_reshape_copy", "flatten")
@_names("unflatten")
def _view(call: Read, x: Value, *arguments: Any, **options: Any) -> Term:
    return reshaped(x, call.shape)


@_names("unsqueeze", "squeeze", "unsqueeze_copy", "squeeze_copy")
def _squeeze(call: Read, x: Value, *arguments: Any) -> Term:
    return reshaped(x, call.shape)


@_names("expand", "expand_copy", "broadcast_to", "expand_as")
def _expand(call: Read, x: Value, *arguments: Any, **options: Any) -> Term:
    return expanded(x, call.shape)


@_names("permute", "permute_copy")
def _permute(call: Read, x: Value, axes: list[int]) -> Term:
    return permuted(x, [axis % len(axes) for axis in axes])


@_names("transpose", "transpose_copy", "swapaxes")
def _transpose(call: Read, x: Value, first: int, second: int) -> Term:
    axes = list(range(len(x.shape)))
    if axes:
        axes[first], axes[second] = axes[second], axes[first]
    return permuted(x, axes)


@_names("t", "t_copy", "numpy_T", "mT")
def _t(call: Read, x: Value) -> Term:
    return permuted(x, list(reversed(range(len(x.shape)))))


def permuted(x: Value, axes: list[int]) -> Value:
    """Return a value whose axes come in another order."""

    def place(index: Index) -> Index:
        there = list(index)
        for here, axis in enumerate(axes):
            there[axis] = index[here]
        return tuple(there)

    shape = tuple(x.shape[axis] for axis in axes)
    return View(shape, x.boolean, x, place)


def _length(x: Value, axis: int) -> int:
    size = x.shape[axis]
    if isinstance(size, Rows):
        raise NotLowered("along the rows of the batch")
    return size


def sliced(x: Value, axis: int, start: int, length: int, step: int = 1) -> Value:
    """Return some of the elements along an axis."""
    axis %= len(x.shape)
    if start == 0 and step == 1 and length == _length(x, axis):
        return x

    def place(index: Index) -> Index:
        there = index[axis].times(step).plus(start)
        return (*index[:axis], there, *index[axis + 1 :])

    shape = (*x.shape[:axis], length, *x.shape[axis + 1 :])
    return View(shape, x.boolean, x, place)


def _bounds(length: int, start: Any, end: Any, step: int = 1) -> tuple[int, int]:
    """Return where a slice begins and how many elements it has."""
    if not all(isinstance(bound, (int, type(None))) for bound in (start, end)):
        raise NotLowered("bounds that are not numbers")
    range_ = range(*slice(start, end, step).indices(length))
    return range_.start, len(range_)


@_names("slice", "slice_copy")
def _slice(
    call: Read, x: Value, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Term:
    if isinstance(x.shape[dim], Rows):
        if x.shape == call.shape:
            return x
        raise NotLowered("along the rows of the batch")
    begin, length = _bounds(_length(x, dim), start, end, step)
    return sliced(x, dim, begin, length, step)


@_names("narrow", "narrow_copy")
def _narrow(call: Read, x: Value, dim: int, start: int, length: int) -> Term:
    return sliced(x, dim, start % max(1, _length(x, dim)) if start < 0 else start, length)


@_names("select", "select_copy")
def _select(call: Read, x: Value, dim: int, at: int) -> Term:
    return reshaped(sliced(x, dim, at % _length(x, dim), 1), call.shape)


@_names("split", "split_with_sizes", "split_copy", "split_with_sizes_copy", "chunk", "tensor_split")
@_names("unsafe_split", "unsafe_chunk", "unsafe_split_with_sizes")
def _split(call: Read, x: Value, sizes: Any, dim: int = 0) -> Term:
    parts, start = [], 0
    for shape in cast("list[Shape]", call.shapes):
        if isinstance(shape[dim], Rows):
            return [x]
        parts.append(sliced(x, dim, start, cast("int", shape[dim])))
        start += cast("int", shape[dim])
    return parts


@_names("unbind", "unbind_copy")
def _unbind(call: Read, x: Value, dim: int = 0) -> Term:
    shapes = cast("list[Shape]", call.shapes)
    return [reshaped(sliced(x, dim, at, 1), shape) for at, shape in enumerate(shapes)]


@_names("flip")
def _flip(call: Read, x: Value, dims: list[int]) -> Term:
    for dim in dims:
        x = _reversed(x, dim % len(x.shape))
    return x


def _reversed(x: Value, axis: int) -> Value:
    last = _length(x, axis) - 1

    def place(index: Index) -> Index:
        return (*index[:axis], index[axis].times(-1).plus(last), *index[axis + 1 :])

    return View(x.shape, x.boolean, x, place)


def joined(parts: list[Value], axis: int) -> Value:
    """Return values side by side along an axis."""
    axis %= len(parts[0].shape)
    boolean = all(part.boolean for part in parts)
    parts = [part if boolean else as_number(part) for part in parts if _length(part, axis)]
    if len(parts) == 1:
        return parts[0]
    length = sum(_length(part, axis) for part in parts)
    flat = [
        inner
        for part in parts
        for inner in (part.parts if isinstance(part, Pieces) and part.axis == axis else (part,))
    ]
    shape = (*parts[0].shape[:axis], length, *parts[0].shape[axis + 1 :])
    return Pieces(shape, boolean, axis, tuple(flat))


@_names("cat", "concat", "concatenate")
def _cat(call: Read, parts: list[Value], dim: int = 0) -> Term:
    parts = [part for part in parts if part.shape != (0,)]  # torch ignores these
    return joined(parts, dim)


@_names("stack")
def _stack(call: Read, parts: list[Value], dim: int = 0) -> Term:
    dim %= len(call.shape)
    shape = (*call.shape[:dim], 1, *call.shape[dim + 1 :])
    return joined([reshaped(part, shape) for part in parts], dim)


@_names("roll")
def _roll(call: Read, x: Value, shifts: Any, dims: Any = ()) -> Term:
    shifts = shifts if isinstance(shifts, list) else [shifts]
    dims = dims if isinstance(dims, list) else [dims]
    if len(shifts) != len(dims):
        raise NotLowered("without an axis")
    for shift, dim in zip(shifts, dims, strict=True):
        length = _length(x, dim)
        cut = -shift % length
        x = joined([sliced(x, dim, cut, length - cut), sliced(x, dim, 0, cut)], dim)
    return x


@_names("repeat")
def _repeat(call: Read, x: Value, repeats: Any) -> Term:
    x = reshaped(x, (*([1] * (len(call.shape) - len(x.shape))), *x.shape))
    for axis, size in enumerate(call.shape):
        if x.shape[axis] == 1:
            x = expanded(x, (*x.shape[:axis], size, *x.shape[axis + 1 :]))
        elif x.shape[axis] != size:
            times = extents(call.shape)[axis] // extents(x.shape)[axis]
            x = joined([x] * times, axis)
    return x


@_names("constant_pad_nd")
def _pad(call: Read, x: Value, pad: list[int], number: float = 0) -> Term:
    for pair in range(len(pad) // 2):
        axis = len(x.shape) - 1 - pair
        before, after = pad[2 * pair : 2 * pair + 2]
        if before == after == 0:
            continue
        start, length = max(0, -before), _length(x, axis) + min(0, before) + min(0, after)
        x = sliced(x, axis, start, length)

        def edge(size: int, x: Value = x, axis: int = axis) -> Value:
            return Fill((*x.shape[:axis], size, *x.shape[axis + 1 :]), False, float(number))

        x = joined([edge(max(0, before)), x, edge(max(0, after))], axis)
    return x


@_names("slice_scatter")
def _slice_scatter(
    call: Read,
    x: Value,
    part: Value,
    dim: int = 0,
    start: int | None = None,
    end: int | None = None,
    step: int = 1,
) -> Term:
    if step != 1:
        raise NotLowered(f"step={step}")
    dim %= len(x.shape)
    if isinstance(x.shape[dim], Rows):
        if part.shape == x.shape:
            return part
        raise NotLowered("along the rows of the batch")
    total = _length(x, dim)
    begin, length = _bounds(total, start, end)
    after = begin + length
    rest = sliced(x, dim, after, total - after)
    return joined([sliced(x, dim, 0, begin), expanded(part, _with(x.shape, dim, length)), rest], dim)


@_names("select_scatter")
def _select_scatter(call: Read, x: Value, part: Value, dim: int, at: int) -> Term:
    dim %= len(x.shape)
    part = reshaped(part, _with(x.shape, dim, 1))
    at %= _length(x, dim)
    return _slice_scatter(call, x, part, dim, at, at + 1)


@_names("slice_backward")
def _slice_backward(
    call: Read, gradient: Value, sizes: Any, dim: int, start: int, end: int, step: int
) -> Term:
    return _slice_scatter(call, Fill(call.shape, False, 0.0), gradient, dim, start, end, step)


@_names("select_backward")
def _select_backward(call: Read, gradient: Value, sizes: Any, dim: int, at: int) -> Term:
    return _select_scatter(call, Fill(call.shape, False, 0.0), gradient, dim, at)


def _with(shape: Shape, axis: int, size: Size) -> Shape:
    return (*shape[:axis], size, *shape[axis + 1 :])


# Numbers.


@_names("zeros", "zeros_like", "new_zeros", "empty", "empty_like", "new_empty", "empty_permuted")
@_names("new_empty_strided", "empty_strided")
def _zeros(call: Read, *arguments: Any, **options: Any) -> Term:
    return Fill(call.shape, call.boolean, 0.0)


@_names("ones", "ones_like", "new_ones")
def _ones(call: Read, *arguments: Any, **options: Any) -> Term:
    return Fill(call.shape, call.boolean, 1.0)


@_names("full", "full_like", "new_full", "fill")
def _full(call: Read, like: Any, *arguments: Any, **options: Any) -> Term:
    number = arguments[-1] if arguments else options["fill_value"]
    return expanded(_typed(call, value(number)), call.shape)


@_names("scalar_tensor")
def _scalar(call: Read, number: Number, **options: Any) -> Term:
    return _typed(call, value(number))


def _typed(call: Read, term: Value) -> Value:
    if isinstance(term, Fill):
        number = float(term.number != 0) if call.boolean else term.number
        return Fill(term.shape, call.boolean, number)
    return as_boolean(term) if call.boolean else as_number(term)


# Sums.


def reduced(operation: str, x: Value, dims: Any, keepdim: bool) -> Value:
    """Return the sum, product, greatest or smallest along axes."""
    rank = len(x.shape)
    if dims is None or dims == []:
        dims = range(rank)
    dims = [dims] if isinstance(dims, int) else dims
    axes = frozenset(dim % rank for dim in dims) if rank else frozenset()
    if any(isinstance(x.shape[axis], Rows) for axis in axes):
        raise NotLowered("over the rows of the batch")
    kept: Shape = tuple(1 if axis in axes else size for axis, size in enumerate(x.shape))
    total: Value = x
    if any(x.shape[axis] != 1 for axis in axes):
        total = Reduction(kept, False, operation, as_number(x), axes)
    if keepdim:
        return total
    return reshaped(total, tuple(size for axis, size in enumerate(kept) if axis not in axes))


@_names("sum")
def _sum(call: Read, x: Value, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Term:
    return reduced("sum", x, dim, keepdim)


@_names("prod")
def _prod(call: Read, x: Value, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Term:
    return reduced("product", x, dim, keepdim)


@_names("amax")
def _amax(call: Read, x: Value, dim: Any = None, keepdim: bool = False) -> Term:
    return reduced("greatest", x, dim, keepdim)


@_names("amin")
def _amin(call: Read, x: Value, dim: Any = None, keepdim: bool = False) -> Term:
    return reduced("smallest", x, dim, keepdim)


def _count(x: Value, dims: Any) -> int:
    if dims is None or dims == []:
        dims = range(len(x.shape))
    dims = [dims] if isinstance(dims, int) else dims
    return math.prod(extents(x.shape)[dim] for dim in dims)


@_names("mean")
def _mean(call: Read, x: Value, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Term:
    return pointwise("div", reduced("sum", x, dim, keepdim), float(_count(x, dim)))


@_names("var")
def _var(
    call: Read, x: Value, dim: Any = None, correction: float | None = None, keepdim: bool = False
) -> Term:
    return _variance(x, dim, correction, keepdim)


@_names("var_mean")
def _var_mean(
    call: Read, x: Value, dim: Any = None, correction: float | None = None, keepdim: bool = False
) -> Term:
    count = float(_count(x, dim))
    mean = pointwise("div", reduced("sum", x, dim, keepdim), count)
    return [_variance(x, dim, correction, keepdim), mean]


def _variance(x: Value, dim: Any, correction: float | bool | None, keepdim: bool) -> Value:
    if isinstance(dim, bool):
        raise NotLowered("without axes")
    count = _count(x, dim)
    mean = pointwise("div", reduced("sum", x, dim, True), float(count))
    deviation = pointwise("sub", x, mean)
    squares = reduced("sum", pointwise("mul", deviation, deviation), dim, keepdim)
    return pointwise("div", squares, float(count - (1 if correction is None else correction)))


@_names("linalg_vector_norm")
def _norm(
    call: Read, x: Value, ord: float = 2, dim: Any = None, keepdim: bool = False, dtype: Any = None
) -> Term:
    if ord == 2:
        return pointwise("sqrt", reduced("sum", pointwise("mul", x, x), dim, keepdim))
    if ord == 1:
        return reduced("sum", pointwise("abs", x), dim, keepdim)
    if ord == math.inf:
        return reduced("greatest", pointwise("abs", x), dim, keepdim)
    raise NotLowered(f"ord={ord}")


@_names("_softmax", "softmax")
def _softmax(call: Read, x: Value, dim: int, *options: Any) -> Term:
    power = pointwise("exp", pointwise("sub", x, reduced("greatest", x, dim, True)))
    return pointwise("div", power, reduced("sum", power, dim, True))


@_names("_log_softmax", "log_softmax")
def _log_softmax(call: Read, x: Value, dim: int, *options: Any) -> Term:
    shifted = pointwise("sub", x, reduced("greatest", x, dim, True))
    total = reduced("sum", pointwise("exp", shifted), dim, True)
    return pointwise("sub", shifted, pointwise("log", total))


@_names("_softmax_backward_data")
def _softmax_backward(call: Read, gradient: Value, y: Value, dim: int, dtype: Any) -> Term:
    weighted = pointwise("mul", gradient, y)
    return pointwise("sub", weighted, pointwise("mul", y, reduced("sum", weighted, dim, True)))


@_names("_log_softmax_backward_data")
def _log_softmax_backward(call: Read, gradient: Value, y: Value, dim: int, dtype: Any) -> Term:
    total = reduced("sum", gradient, dim, True)
    return pointwise("sub", gradient, pointwise("mul", pointwise("exp", y), total))


@_names("native_layer_norm")
def _layer_norm(
    call: Read, x: Value, shape: list[int], weight: Value | None, bias: Value | None, eps: float
) -> Term:
    axes = list(range(len(x.shape) - len(shape), len(x.shape)))
    count = float(_count(x, axes))
    mean = pointwise("div", reduced("sum", x, axes, True), count)
    deviation = pointwise("sub", x, mean)
    squares = reduced("sum", pointwise("mul", deviation, deviation), axes, True)
    scale = _rsqrt(call, pointwise("add", pointwise("div", squares, count), eps))
    y = pointwise("mul", deviation, cast("Value", scale))
    if weight is not None:
        y = pointwise("mul", y, weight)
    if bias is not None:
        y = pointwise("add", y, bias)
    return [y, mean, cast("Value", scale)]


@_names("native_layer_norm_backward")
def _layer_norm_backward(
    call: Read,
    gradient: Value,
    x: Value,
    shape: list[int],
    mean: Value,
    scale: Value,
    weight: Value | None,
    bias: Value | None,
    mask: list[bool],
) -> Term:
    axes = list(range(len(x.shape) - len(shape), len(x.shape)))
    count = float(_count(x, axes))
    normal = pointwise("mul", pointwise("sub", x, mean), scale)
    inner = gradient if weight is None else pointwise("mul", gradient, weight)
    first = pointwise("div", reduced("sum", inner, axes, True), count)
    second = pointwise("div", reduced("sum", pointwise("mul", inner, normal), axes, True), count)
    rest = pointwise("sub", pointwise("sub", inner, first), pointwise("mul", normal, second))
    return [pointwise("mul", rest, scale)]  # those of weight and bias sum over the batch


# Products.


@_names("mm")
def _mm(call: Read, left: Value, right: Value) -> Term:
    return matrix_product(left, right, None)


@_names("matmul", "dot", "mv", "linear")
def _composite(call: Read, *arguments: Any) -> Term:
    raise NotLowered("it should have been decomposed")


@_names("addmm")
def _addmm(
    call: Read, bias: Value, left: Value, right: Value, beta: float = 1, alpha: float = 1
) -> Term:
    if beta == alpha == 1 and not has_rows(bias.shape) and bias.shape == call.shape[1:]:
        if not has_rows(right.shape):
            return matrix_product(left, right, bias)
    product = matrix_product(left, right, None)
    if alpha != 1:
        product = pointwise("mul", product, alpha)
    return pointwise("add", product, bias if beta == 1 else pointwise("mul", bias, beta))


@_names("bmm")
def _bmm(call: Read, left: Value, right: Value) -> Term:
    return batched(left, right)


@_names("baddbmm")
def _baddbmm(
    call: Read, bias: Value, left: Value, right: Value, beta: float = 1, alpha: float = 1
) -> Term:
    product = batched(left, right)
    if alpha != 1:
        product = pointwise("mul", product, alpha)
    return pointwise("add", product, bias if beta == 1 else pointwise("mul", bias, beta))


def matrix_product(left: Value, right: Value, bias: Value | None) -> Value:
    """Return the product of two matrices, plus a constant for each column or None."""
    (M, K), (_, N) = left.shape, right.shape
    grouped = batched(reshaped(left, (1, M, K)), reshaped(right, (1, K, N)), bias)
    return reshaped(grouped, (M, N))


def batched(left: Value, right: Value, bias: Value | None = None) -> Value:
    """Return a product of matrices for each index of the first axis."""
    (G, M, K), (_, _, N) = left.shape, right.shape
    for size, where_ in ((K, "inner"),):
        if isinstance(size, Rows):
            raise NotLowered(f"the {where_} axis of a product is along the batch")
    if isinstance(M, Rows) and not has_rows(right.shape):
        return Product((G, M, N), False, left, right, bias)
    if isinstance(N, Rows) and not has_rows(left.shape):
        swapped = Product((G, N, M), False, permuted(right, [0, 2, 1]), permuted(left, [0, 2, 1]), None)
        return permuted(swapped, [0, 2, 1])
    if isinstance(G, Rows) and isinstance(M, int) and not has_rows(right.shape):
        raise NotLowered("a constant for each row of the batch")
    # Both sides differ from row to row: products of numbers, and their sum.
    first, second = reshaped(left, (G, M, K, 1)), reshaped(right, (G, 1, K, N))
    return reduced("sum", pointwise("mul", first, second), [2], False)


