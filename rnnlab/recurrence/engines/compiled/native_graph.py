"""Reads the graph of a step into values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch

from rnnlab.recurrence.engines.compiled.native_operations import OPERATIONS, Read, Term
from rnnlab.recurrence.engines.compiled.native_values import (
    Fill,
    Graph,
    Input,
    NotLowered,
    Rows,
    Shape,
    Value,
    expanded,
    has_rows,
)

if TYPE_CHECKING:
    from torch.fx import GraphModule, Node

_NUMBERS = {torch.float32: False, torch.float64: True}  # whether they are double

_INTEGERS = (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8)

_OF_INTEGERS = {
    *("where", "neg", "sign", "abs", "full", "full_like", "zeros_like", "ones_like"),
    *("scalar_tensor", "alias", "clone", "expand", "view", "permute", "unsqueeze", "squeeze"),
    *("slice", "select", "cat", "maximum", "minimum"),
}
"""What integers may go through: as floating-point numbers they stay what they are there."""


def read(module: GraphModule) -> Graph:
    """Return the values of a graph.

    Raises:
        NotLowered: An operation or a type of number is unknown here; the message names it.
    """
    graph = Graph(double=_double(module))
    known: dict[Node, Any] = {}
    for node in module.graph.nodes:
        if node.op == "placeholder":
            known[node] = _input(node, graph)
        elif node.op == "get_attr":
            known[node] = _number(node, getattr(module, str(node.target)))
        elif node.op == "call_function":
            known[node] = _call(node, known)
        elif node.op == "output":
            (results,) = node.args
            outputs = results if isinstance(results, (tuple, list)) else (results,)
            graph.outputs = [result and _output(known[result], result) for result in outputs]
        else:
            raise NotLowered(f"{node.op} {node.target} in the graph of the step")
    return graph


def _double(module: GraphModule) -> bool:
    """Return whether the numbers of a graph have 64 bits, all or none of them."""
    types: dict[torch.dtype, str] = {}
    for node in module.graph.nodes:
        value = node.meta.get("val")
        if isinstance(value, torch.Tensor) and value.dtype.is_floating_point and value.dim():
            types.setdefault(value.dtype, str(node))
    refused = [f"{dtype} ({name})" for dtype, name in types.items() if dtype not in _NUMBERS]
    if refused:
        raise NotLowered(f"numbers of type {', '.join(refused)}")
    if len(types) > 1:
        raise NotLowered("numbers of 32 and of 64 bits in one step")
    return torch.float64 in types


def _input(node: Node, graph: Graph) -> Value | None:
    value: Any = node.meta.get("val")
    if not node.users and (value is None or value.dtype not in (*_NUMBERS, torch.bool)):
        graph.inputs.append(None)  # nothing reads it, and nothing need be known of it
        return None
    if value.device.type != "cpu":
        raise NotLowered(f"a tensor on {value.device} ({node})")
    shape = _shape(value)
    # A constant that counts becomes a number like the others; a state or an input does not.
    counts = value.dtype in _INTEGERS and not has_rows(shape)
    if not counts and value.dtype != torch.bool and _NUMBERS.get(value.dtype) != graph.double:
        raise NotLowered(f"numbers of type {value.dtype} ({node})")
    placed = Input(shape, value.dtype == torch.bool, len(graph.inputs))
    graph.inputs.append(placed)
    return placed


def _number(node: Node, tensor: Any) -> Value:
    """Return a tensor that tracing kept in the graph; such are numbers."""
    if not isinstance(tensor, torch.Tensor) or tensor.numel() != 1:
        raise NotLowered(f"a tensor kept in the graph ({node})")
    return Fill(tuple(tensor.shape), tensor.dtype == torch.bool, float(tensor))


def _output(value: Any, node: Node) -> Value:
    if not isinstance(value, Value):
        raise NotLowered(f"{node.target} ({node}) as a result")
    shape = _shape(node.meta["val"])
    return expanded(value, shape)


def _call(node: Node, known: dict[Node, Any]) -> Any:
    target = node.target
    name = target._schema.name if isinstance(target, torch._ops.OpOverload) else str(target)
    result = node.meta.get("val")
    if not isinstance(result, (torch.Tensor, tuple, list)):
        return result if isinstance(result, (int, float)) else None  # a size
    if getattr(target, "__name__", "") == "getitem":
        source, at = node.args
        return known[source][at]  # type: ignore[index]
    space, _, operation = name.partition("::")
    handler: Callable[..., Term] | None = OPERATIONS.get(operation) if space == "aten" else None
    if handler is None:
        raise NotLowered(f"{name.replace('::', '.')} is not known")

    def of(argument: Any) -> Any:
        if isinstance(argument, torch.fx.Node):
            return known[argument]
        if isinstance(argument, (tuple, list)):
            return [of(part) for part in argument]
        return argument

    try:
        dtype = result.dtype if isinstance(result, torch.Tensor) else None
        exact = dtype in _INTEGERS and operation in _OF_INTEGERS
        if not exact and dtype not in (None, *_NUMBERS, torch.bool):
            raise NotLowered(f"numbers of type {dtype}")
        call = Read(_shapes(result), dtype == torch.bool)
        return handler(call, *map(of, node.args), **{k: of(v) for k, v in node.kwargs.items()})
    except NotLowered as error:
        raise NotLowered(f"{name.replace('::', '.')}: {error}") from error
    except TypeError as error:
        raise NotLowered(f"{name.replace('::', '.')} with such arguments ({error})") from error


def _shapes(result: Any) -> Shape | list[Shape]:
    if isinstance(result, torch.Tensor):
        return _shape(result)
    return [_shape(part) for part in result if isinstance(part, torch.Tensor)]


def _shape(tensor: Any) -> Shape:
    """Return the axes of a tensor whose symbolic sizes are those along the batch."""
    return tuple(_size(size) for size in _of(tensor))


def _of(tensor: Any) -> Sequence[Any]:
    return tuple(tensor.shape)


def _size(size: Any) -> int | Rows:
    if isinstance(size, int):
        return size
    expression = size.node.expr
    if expression.is_integer and expression.is_number:
        return int(expression)
    symbols = expression.free_symbols
    each = expression / next(iter(symbols))
    if len(symbols) != 1 or not each.is_integer or not each.is_number:
        raise NotLowered(f"an axis of size {expression}")
    return Rows(int(each))
