"""Operations that move elements or make them up: views, parts, constants."""

from __future__ import annotations

from typing import Any, cast

from rnnlab.recurrence.engines.compiled.native_values import (
    Fill,
    Index,
    NotLowered,
    Pieces,
    Rows,
    Shape,
    Size,
    Value,
    View,
    expanded,
    extents,
    reshaped,
)
from rnnlab.recurrence.engines.compiled.native_vocabulary import (
    Number,
    Read,
    Term,
    as_boolean,
    as_number,
    names,
    value,
)


@names(
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


@names("_to_copy", "to", "convert_element_type", "type_as")
def _to_copy(call: Read, x: Value, *arguments: Any, **options: Any) -> Term:
    return as_boolean(x) if call.boolean else as_number(x)


@names("copy")
def _copy(call: Read, x: Value, source: Value, non_blocking: bool = False) -> Term:
    return expanded(as_boolean(source) if call.boolean else as_number(source), call.shape)


@names("view", "_unsafe_view", "reshape", "view_copy", "_reshape_alias", "_reshape_copy", "flatten")
@names("unflatten")
def _view(call: Read, x: Value, *arguments: Any, **options: Any) -> Term:
    return reshaped(x, call.shape)


@names("unsqueeze", "squeeze", "unsqueeze_copy", "squeeze_copy")
def _squeeze(call: Read, x: Value, *arguments: Any) -> Term:
    return reshaped(x, call.shape)


@names("expand", "expand_copy", "broadcast_to", "expand_as")
def _expand(call: Read, x: Value, *arguments: Any, **options: Any) -> Term:
    return expanded(x, call.shape)


@names("permute", "permute_copy")
def _permute(call: Read, x: Value, axes: list[int]) -> Term:
    return permuted(x, [axis % len(axes) for axis in axes])


@names("transpose", "transpose_copy", "swapaxes")
def _transpose(call: Read, x: Value, first: int, second: int) -> Term:
    axes = list(range(len(x.shape)))
    if axes:
        axes[first], axes[second] = axes[second], axes[first]
    return permuted(x, axes)


@names("t", "t_copy", "numpy_T", "mT")
def _t(call: Read, x: Value) -> Term:
    return permuted(x, list(reversed(range(len(x.shape)))))


def permuted(x: Value, axes: list[int]) -> Value:
    """Return a value whose axes come in another order."""
    if isinstance(x, View) and x.axes is not None:
        return permuted(x.source, [x.axes[axis] for axis in axes])

    def place(index: Index) -> Index:
        there = list(index)
        for here, axis in enumerate(axes):
            there[axis] = index[here]
        return tuple(there)

    shape = tuple(x.shape[axis] for axis in axes)
    moved = [axis for axis in axes if extents(x.shape)[axis] != 1]
    return View(shape, x.boolean, x, place, moved == sorted(moved), tuple(axes))


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


@names("slice", "slice_copy")
def _slice(
    call: Read,
    x: Value,
    dim: int = 0,
    start: int | None = None,
    end: int | None = None,
    step: int = 1,
) -> Term:
    if isinstance(x.shape[dim], Rows):
        if x.shape == call.shape:
            return x
        raise NotLowered("along the rows of the batch")
    begin, length = _bounds(_length(x, dim), start, end, step)
    return sliced(x, dim, begin, length, step)


@names("narrow", "narrow_copy")
def _narrow(call: Read, x: Value, dim: int, start: int, length: int) -> Term:
    return sliced(x, dim, start % max(1, _length(x, dim)) if start < 0 else start, length)


@names("select", "select_copy")
def _select(call: Read, x: Value, dim: int, at: int) -> Term:
    return reshaped(sliced(x, dim, at % _length(x, dim), 1), call.shape)


@names("split", "split_with_sizes", "split_copy", "split_with_sizes_copy", "chunk", "tensor_split")
@names("unsafe_split", "unsafe_chunk", "unsafe_split_with_sizes")
def _split(call: Read, x: Value, sizes: Any, dim: int = 0) -> Term:
    parts, start = [], 0
    for shape in cast("list[Shape]", call.shapes):
        if isinstance(shape[dim], Rows):
            return [x]
        parts.append(sliced(x, dim, start, cast("int", shape[dim])))
        start += cast("int", shape[dim])
    return parts


@names("unbind", "unbind_copy")
def _unbind(call: Read, x: Value, dim: int = 0) -> Term:
    shapes = cast("list[Shape]", call.shapes)
    return [reshaped(sliced(x, dim, at, 1), shape) for at, shape in enumerate(shapes)]


@names("flip")
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


@names("cat", "concat", "concatenate")
def _cat(call: Read, parts: list[Value], dim: int = 0) -> Term:
    parts = [part for part in parts if part.shape != (0,)]  # torch ignores these
    return joined(parts, dim)


@names("stack")
def _stack(call: Read, parts: list[Value], dim: int = 0) -> Term:
    dim %= len(call.shape)
    shape = (*call.shape[:dim], 1, *call.shape[dim + 1 :])
    return joined([reshaped(part, shape) for part in parts], dim)


@names("roll")
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


@names("repeat")
def _repeat(call: Read, x: Value, repeats: Any) -> Term:
    x = reshaped(x, (*([1] * (len(call.shape) - len(x.shape))), *x.shape))
    for axis, size in enumerate(call.shape):
        if x.shape[axis] == 1:
            x = expanded(x, (*x.shape[:axis], size, *x.shape[axis + 1 :]))
        elif x.shape[axis] != size:
            times = extents(call.shape)[axis] // extents(x.shape)[axis]
            x = joined([x] * times, axis)
    return x


@names("constant_pad_nd")
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


@names("slice_scatter")
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
    return joined(
        [sliced(x, dim, 0, begin), expanded(part, _with(x.shape, dim, length)), rest], dim
    )


@names("select_scatter")
def _select_scatter(call: Read, x: Value, part: Value, dim: int, at: int) -> Term:
    dim %= len(x.shape)
    part = reshaped(part, _with(x.shape, dim, 1))
    at %= _length(x, dim)
    return _slice_scatter(call, x, part, dim, at, at + 1)


@names("slice_backward")
def _slice_backward(
    call: Read, gradient: Value, sizes: Any, dim: int, start: int, end: int, step: int
) -> Term:
    return _slice_scatter(call, Fill(call.shape, False, 0.0), gradient, dim, start, end, step)


@names("select_backward")
def _select_backward(call: Read, gradient: Value, sizes: Any, dim: int, at: int) -> Term:
    return _select_scatter(call, Fill(call.shape, False, 0.0), gradient, dim, at)


def _with(shape: Shape, axis: int, size: Size) -> Shape:
    return (*shape[:axis], size, *shape[axis + 1 :])


@names("zeros", "zeros_like", "new_zeros", "empty", "empty_like", "new_empty", "empty_permuted")
@names("new_empty_strided", "empty_strided")
def _zeros(call: Read, *arguments: Any, **options: Any) -> Term:
    return Fill(call.shape, call.boolean, 0.0)


@names("ones", "ones_like", "new_ones")
def _ones(call: Read, *arguments: Any, **options: Any) -> Term:
    return Fill(call.shape, call.boolean, 1.0)


@names("full", "full_like", "new_full", "fill")
def _full(call: Read, like: Any, *arguments: Any, **options: Any) -> Term:
    number = arguments[-1] if arguments else options["fill_value"]
    return expanded(_typed(call, value(number)), call.shape)


@names("scalar_tensor")
def _scalar(call: Read, number: Number, **options: Any) -> Term:
    return _typed(call, value(number))


def _typed(call: Read, term: Value) -> Value:
    if isinstance(term, Fill):
        number = float(term.number != 0) if call.boolean else term.number
        return Fill(term.shape, call.boolean, number)
    return as_boolean(term) if call.boolean else as_number(term)
