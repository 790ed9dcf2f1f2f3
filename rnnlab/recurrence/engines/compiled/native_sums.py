"""Operations that sum: along axes of a row, and products of matrices."""

from __future__ import annotations

import math
from typing import Any

from rnnlab.recurrence.engines.compiled.native_places import (
    permuted,
)
from rnnlab.recurrence.engines.compiled.native_values import (
    NotLowered,
    Product,
    Reduction,
    Rows,
    Shape,
    Value,
    extents,
    has_rows,
    reshaped,
)
from rnnlab.recurrence.engines.compiled.native_vocabulary import (
    Read,
    Term,
    as_number,
    compared,
    names,
    pointwise,
    where,
)


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


@names("sum")
def _sum(call: Read, x: Value, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Term:
    return reduced("sum", x, dim, keepdim)


@names("prod")
def _prod(call: Read, x: Value, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Term:
    return reduced("product", x, dim, keepdim)


@names("amax")
def _amax(call: Read, x: Value, dim: Any = None, keepdim: bool = False) -> Term:
    return reduced("greatest", x, dim, keepdim)


@names("amin")
def _amin(call: Read, x: Value, dim: Any = None, keepdim: bool = False) -> Term:
    return reduced("smallest", x, dim, keepdim)


def _count(x: Value, dims: Any) -> int:
    if dims is None or dims == []:
        dims = range(len(x.shape))
    dims = [dims] if isinstance(dims, int) else dims
    return math.prod(extents(x.shape)[dim] for dim in dims)


@names("mean")
def _mean(call: Read, x: Value, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Term:
    return pointwise("div", reduced("sum", x, dim, keepdim), float(_count(x, dim)))


@names("var")
def _var(
    call: Read, x: Value, dim: Any = None, correction: float | None = None, keepdim: bool = False
) -> Term:
    return _variance(x, dim, correction, keepdim)


@names("var_mean")
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


@names("linalg_vector_norm")
def _norm(
    call: Read,
    x: Value,
    ord: float = 2,  # noqa: A002 - torch's name
    dim: Any = None,
    keepdim: bool = False,
    dtype: Any = None,
) -> Term:
    if ord == 2:
        return pointwise("sqrt", reduced("sum", pointwise("mul", x, x), dim, keepdim))
    if ord == 1:
        return reduced("sum", pointwise("abs", x), dim, keepdim)
    if ord == math.inf:
        return reduced("greatest", pointwise("abs", x), dim, keepdim)
    raise NotLowered(f"ord={ord}")


@names("logsumexp")
def _logsumexp(call: Read, x: Value, dim: Any, keepdim: bool = False) -> Term:
    highest = reduced("greatest", x, dim, True)
    highest = where(compared("eq", pointwise("abs", highest), math.inf), 0.0, highest)
    total = reduced("sum", pointwise("exp", pointwise("sub", x, highest)), dim, True)
    return reshaped(pointwise("add", pointwise("log", total), highest), call.shape)


@names("_softmax", "softmax")
def _softmax(call: Read, x: Value, dim: int, *options: Any) -> Term:
    power = pointwise("exp", pointwise("sub", x, reduced("greatest", x, dim, True)))
    return pointwise("div", power, reduced("sum", power, dim, True))


@names("_log_softmax", "log_softmax")
def _log_softmax(call: Read, x: Value, dim: int, *options: Any) -> Term:
    shifted = pointwise("sub", x, reduced("greatest", x, dim, True))
    total = reduced("sum", pointwise("exp", shifted), dim, True)
    return pointwise("sub", shifted, pointwise("log", total))


@names("_softmax_backward_data")
def _softmax_backward(call: Read, gradient: Value, y: Value, dim: int, dtype: Any) -> Term:
    weighted = pointwise("mul", gradient, y)
    return pointwise("sub", weighted, pointwise("mul", y, reduced("sum", weighted, dim, True)))


@names("_log_softmax_backward_data")
def _log_softmax_backward(call: Read, gradient: Value, y: Value, dim: int, dtype: Any) -> Term:
    total = reduced("sum", gradient, dim, True)
    return pointwise("sub", gradient, pointwise("mul", pointwise("exp", y), total))


@names("native_layer_norm")
def _layer_norm(
    call: Read, x: Value, shape: list[int], weight: Value | None, bias: Value | None, eps: float
) -> Term:
    axes = list(range(len(x.shape) - len(shape), len(x.shape)))
    count = float(_count(x, axes))
    mean = pointwise("div", reduced("sum", x, axes, True), count)
    deviation = pointwise("sub", x, mean)
    squares = reduced("sum", pointwise("mul", deviation, deviation), axes, True)
    variance = pointwise("div", squares, count)
    scale = pointwise("div", 1.0, pointwise("sqrt", pointwise("add", variance, eps)))
    y = pointwise("mul", deviation, scale)
    if weight is not None:
        y = pointwise("mul", y, weight)
    if bias is not None:
        y = pointwise("add", y, bias)
    return [y, mean, scale]


@names("native_layer_norm_backward")
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


@names("mm")
def _mm(call: Read, left: Value, right: Value) -> Term:
    return matrix_product(left, right, None)


@names("matmul", "dot", "mv", "linear")
def _composite(call: Read, *arguments: Any) -> Term:
    raise NotLowered("it should have been decomposed")


@names("addmm")
def _addmm(
    call: Read, bias: Value, left: Value, right: Value, beta: float = 1, alpha: float = 1
) -> Term:
    plain = beta == alpha == 1 and bias.shape == call.shape[1:]
    if plain and not has_rows(bias.shape) and not has_rows(right.shape):
        return matrix_product(left, right, bias)
    product = matrix_product(left, right, None)
    if alpha != 1:
        product = pointwise("mul", product, alpha)
    return pointwise("add", product, bias if beta == 1 else pointwise("mul", bias, beta))


@names("bmm")
def _bmm(call: Read, left: Value, right: Value) -> Term:
    return batched(left, right)


@names("baddbmm")
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
    if isinstance(K, Rows):
        raise NotLowered("a sum over the rows of the batch")
    if isinstance(M, Rows) and not has_rows(right.shape):
        return Product((G, M, N), False, left, right, bias)
    if isinstance(N, Rows) and not has_rows(left.shape):
        swapped = Product(
            (G, N, M), False, permuted(right, [0, 2, 1]), permuted(left, [0, 2, 1]), None
        )
        return permuted(swapped, [0, 2, 1])
    if isinstance(G, Rows) and isinstance(M, int) and not has_rows(right.shape):
        raise NotLowered("a constant for each row of the batch")
    # Both sides differ from row to row: products of numbers, and their sum.
    first, second = reshaped(left, (G, M, K, 1)), reshaped(right, (G, 1, K, N))
    return reduced("sum", pointwise("mul", first, second), [2], False)
