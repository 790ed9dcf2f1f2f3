"""The constructor of an adapted cell, from the signature of the package's own."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from rnnlab.errors import check_choice
from rnnlab.ranges import Range

ACTIVATIONS = (
    "identity", "tanh", "relu", "sigmoid", "softplus", "hard_sigmoid", "gelu", "silu", "elu",
    "leaky_relu",
)  # fmt: skip
"""What the package calls its nonlinearities; ``hardsigmoid`` is another name of one of them."""

FOR_VECTORS = ("zeros", "ones", "normal", "uniform", "uniform_centered")
"""What the package calls its initializers."""

FOR_MATRICES = (
    *FOR_VECTORS, "xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal",
    "orthogonal",
)  # fmt: skip
"""Those of a matrix: the last five are undefined for a vector."""

_FILLED = ("self", "input_size", "hidden_size", "device", "dtype")


def signature(
    source: type, ranges: Mapping[str, Range], vectors: Collection[str], extra: Mapping[str, int]
) -> inspect.Signature:
    """Return what a cell's constructor takes, ``self`` first.

    Args:
        source: The package's own class. Its ``device`` and ``dtype`` are torch's defaults.
        ranges: The range of a number, by argument.
        vectors: Initializers of weights that are vectors; biases are known to be.
        extra: Further whole numbers and their defaults.
    """
    hints = get_type_hints(inspect.getattr_static(source, "__init__"))
    arguments = {
        "input_size": (int, inspect.Parameter.empty),
        "hidden_size": (Annotated[int, Range(min=1)], 128),
    }
    for name, own in inspect.signature(source).parameters.items():
        if name not in _FILLED:
            arguments[name] = _argument(name, own.default, hints.get(name), vectors)
    arguments |= {name: (int, default) for name, default in extra.items()}
    for name, bounds in ranges.items():
        kind, default = arguments[name]
        arguments[name] = (Annotated[kind, bounds], default)
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [
        inspect.Parameter(name, kind, annotation=annotation, default=default)
        for name, (annotation, default) in arguments.items()
    ]
    return inspect.Signature([inspect.Parameter("self", kind), *parameters], return_annotation=None)


def constructor(make: Callable[..., None], signature: inspect.Signature) -> Callable[..., None]:
    """Return an ``__init__`` with that signature, which checks choices before it calls ``make``."""

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        bound = signature.bind(self, *args, **kwargs)
        bound.apply_defaults()
        for name, value in bound.arguments.items():
            annotation = signature.parameters[name].annotation
            if get_origin(annotation) is Literal:
                check_choice(name, value, get_args(annotation))
        make(**bound.arguments)

    __init__.__signature__ = signature  # type: ignore[attr-defined]
    __init__.__annotations__ = {
        name: parameter.annotation
        for name, parameter in signature.parameters.items()
        if name != "self"
    } | {"return": None}
    return __init__


def _argument(name: str, default: Any, hint: Any, vectors: Collection[str]) -> tuple[Any, Any]:
    if hint is not None:
        return hint, default
    if name.endswith("nonlinearity"):
        return Literal[ACTIVATIONS], default
    if name.endswith("_init"):
        vector = "bias" in name or name in vectors
        known = default if isinstance(default, str) else default.__name__.removesuffix("_")
        return Literal[FOR_VECTORS if vector else FOR_MATRICES], known
    raise TypeError(f"the argument {name} has no type")
