"""Operations on one element of each argument."""

from __future__ import annotations

import math
from collections.abc import Callable

from rnnlab.recurrence.engines.compiled.native_values import (
    Fill,
    NotLowered,
    Pointwise,
    Value,
    broadcast,
)
from rnnlab.recurrence.engines.compiled.native_vocabulary import (
    OPERATIONS,
    Number,
    Read,
    Term,
    as_boolean,
    compared,
    names,
    pointwise,
    value,
    where,
)


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
    "arctan": "atan",
    "arctan2": "atan2",
    "special_erf": "erf",
}.items():
    OPERATIONS[_alias] = _simple(_operation)


@names("add")
def _add(call: Read, left: Number, right: Number, alpha: float = 1) -> Term:
    return pointwise("add", left, right if alpha == 1 else pointwise("mul", right, alpha))


@names("sub", "subtract")
def _sub(call: Read, left: Number, right: Number, alpha: float = 1) -> Term:
    return pointwise("sub", left, right if alpha == 1 else pointwise("mul", right, alpha))


@names("rsub")
def _rsub(call: Read, left: Number, right: Number, alpha: float = 1) -> Term:
    return _sub(call, right, left, alpha)


@names("div", "true_divide", "divide")
def _div(call: Read, left: Number, right: Number, rounding_mode: str | None = None) -> Term:
    ratio = pointwise("div", left, right)
    if rounding_mode is None:
        return ratio
    return pointwise(rounding_mode, ratio)


@names("remainder")
def _remainder(call: Read, left: Number, right: Number) -> Term:
    # As Python's, and not as C's, it has the sign of the divisor.
    rest = pointwise("fmod", left, right)
    other_sign = compared("lt", pointwise("mul", rest, right), 0.0)
    return where(other_sign, pointwise("add", rest, right), rest)


@names("addcmul")
def _addcmul(call: Read, total: Value, left: Value, right: Value, value: float = 1) -> Term:
    return pointwise("add", total, pointwise("mul", pointwise("mul", value, left), right))


@names("addcdiv")
def _addcdiv(call: Read, total: Value, left: Value, right: Value, value: float = 1) -> Term:
    return pointwise("add", total, pointwise("mul", value, pointwise("div", left, right)))


@names("lerp")
def _lerp(call: Read, start: Value, end: Value, weight: Number) -> Term:
    return pointwise("add", start, pointwise("mul", weight, pointwise("sub", end, start)))


@names("reciprocal")
def _reciprocal(call: Read, x: Value) -> Term:
    return pointwise("div", 1.0, x)


@names("rsqrt")
def _rsqrt(call: Read, x: Value) -> Term:
    return pointwise("div", 1.0, pointwise("sqrt", x))


@names("square")
def _square(call: Read, x: Value) -> Term:
    return pointwise("mul", x, x)


@names("round")
def _round(call: Read, x: Value, decimals: int = 0) -> Term:
    if decimals:
        raise NotLowered(f"decimals={decimals}")
    return pointwise("rint", x)


@names("pow")
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
        for _ in range(int(exponent) - 1):
            power = pointwise("mul", power, base)
        return power
    return pointwise("pow", base, exponent)


@names("relu")
def _relu(call: Read, x: Value) -> Term:
    return pointwise("relu", x)


@names("clamp", "clip")
def _clamp(
    call: Read,
    x: Value,
    min: Number | None = None,  # noqa: A002 - torch's name
    max: Number | None = None,  # noqa: A002
) -> Term:
    if min is not None:
        x = pointwise("maximum", x, min)
    return x if max is None else pointwise("minimum", x, max)


@names("clamp_min")
def _clamp_min(call: Read, x: Value, min: Number) -> Term:  # noqa: A002
    return pointwise("maximum", x, min)


@names("clamp_max")
def _clamp_max(call: Read, x: Value, max: Number) -> Term:  # noqa: A002
    return pointwise("minimum", x, max)


@names("hardtanh")
def _hardtanh(call: Read, x: Value, min_val: float = -1, max_val: float = 1) -> Term:
    return pointwise("minimum", pointwise("maximum", x, min_val), max_val)


@names("where")
def _where(call: Read, condition: Value, yes: Number, no: Number) -> Term:
    return where(condition, yes, no)


@names("masked_fill")
def _masked_fill(call: Read, x: Value, mask: Value, number: Number) -> Term:
    return where(mask, number, x)


@names("logical_and", "bitwise_and")
def _and(call: Read, left: Value, right: Value) -> Term:
    return _logic("and", left, right)


@names("logical_or", "bitwise_or")
def _or(call: Read, left: Value, right: Value) -> Term:
    return _logic("or", left, right)


@names("logical_xor", "bitwise_xor")
def _xor(call: Read, left: Value, right: Value) -> Term:
    return _logic("xor", left, right)


@names("logical_not", "bitwise_not")
def _not(call: Read, x: Value) -> Term:
    return _logic("not", x)


def _logic(operation: str, *arguments: Value) -> Value:
    terms = tuple(as_boolean(value(argument)) for argument in arguments)
    return Pointwise(broadcast(*(term.shape for term in terms)), True, operation, terms)


@names("isnan")
def _isnan(call: Read, x: Value) -> Term:
    return compared("ne", x, x)


@names("isinf")
def _isinf(call: Read, x: Value) -> Term:
    return compared("eq", pointwise("abs", x), math.inf)


# What decompositions may leave whole.


@names("silu")
def _silu(call: Read, x: Value) -> Term:
    return pointwise("mul", x, pointwise("sigmoid", x))


@names("softplus")
def _softplus(call: Read, x: Value, beta: float = 1, threshold: float = 20) -> Term:
    scaled = pointwise("mul", x, beta)
    soft = pointwise("div", pointwise("log1p", pointwise("exp", scaled)), beta)
    return where(compared("gt", scaled, threshold), x, soft)


@names("leaky_relu")
def _leaky_relu(call: Read, x: Value, negative_slope: float = 0.01) -> Term:
    return where(compared("gt", x, 0.0), x, pointwise("mul", x, negative_slope))


@names("elu")
def _elu(call: Read, x: Value, alpha: float = 1, scale: float = 1, input_scale: float = 1) -> Term:
    low = pointwise("mul", pointwise("expm1", pointwise("mul", x, input_scale)), alpha * scale)
    return where(compared("gt", x, 0.0), pointwise("mul", x, scale), low)


@names("gelu")
def _gelu(call: Read, x: Value, approximate: str = "none") -> Term:
    half = pointwise("mul", x, 0.5)
    if approximate == "none":
        inner = pointwise("erf", pointwise("mul", x, math.sqrt(0.5)))
    else:
        cube = pointwise("mul", pointwise("mul", x, x), x)
        sum_ = pointwise("add", x, pointwise("mul", cube, 0.044715))
        inner = pointwise("tanh", pointwise("mul", sum_, math.sqrt(2 / math.pi)))
    return pointwise("mul", half, pointwise("add", inner, 1.0))


@names("sigmoid_backward")
def _sigmoid_backward(call: Read, gradient: Value, y: Value) -> Term:
    slope = pointwise("mul", y, pointwise("sub", 1.0, y))
    return pointwise("mul", gradient, slope)


@names("tanh_backward")
def _tanh_backward(call: Read, gradient: Value, y: Value) -> Term:
    return pointwise("mul", gradient, pointwise("sub", 1.0, pointwise("mul", y, y)))


@names("threshold_backward")
def _threshold_backward(call: Read, gradient: Value, x: Value, threshold: float) -> Term:
    return where(compared("le", x, threshold), 0.0, gradient)
