"""A step and its derivatives as one graph of ATen operations."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor
from torch._decomp import core_aten_decompositions
from torch._functorch.aot_autograd import aot_export_joint_simple
from torch._functorch.compile_utils import fx_graph_cse
from torch.fx import Graph, GraphModule, Node

from rnnlab.recurrence.engines.compiled.capture import StepGraph
from rnnlab.recurrence.engines.compiled.failure import CompileFailed

aten = torch.ops.aten


@dataclass(frozen=True)
class JointGraph:
    """Nodes of one graph, by what they are of the step.

    Args:
        graph: The graph; its outputs do not matter.
        z: The inputs that are leaves of z; None where the step does not read one.
        state: The same for the state.
        weights: The same for the weights; all are read.
        batch: Inputs that are the batch size.
        following: The next state.
        tangents: The adjoint of each leaf of the next state; None where it cannot have one.
        z_gradients: What each leaf of z gets of the adjoint; None for nothing.
        state_gradients: The same for the state.
        weight_gradients: The same for the weights.
    """

    graph: Graph
    z: list[Node | None]
    state: list[Node | None]
    weights: list[Node]
    batch: list[Node]
    following: list[Node]
    tangents: list[Node | None]
    z_gradients: list[Node | None]
    state_gradients: list[Node | None]
    weight_gradients: list[Node | None]


def joint_graph(step: StepGraph) -> JointGraph:
    """Return the graph of a step and of its derivatives.

    Raises:
        CompileFailed: The step draws random numbers, changes a tensor in place, or cannot be
            differentiated while it is traced.
    """
    inputs = [_example(node) for node in step.module.graph.nodes if node.op == "placeholder"]
    outputs = _outputs(step, inputs)

    def copied(*values: Any) -> tuple[Tensor, ...]:
        results = step.module(*values)
        chosen = [
            results[source] if isinstance(source, int) else values[source_input]
            for source, source_input in outputs
        ]
        # The export refuses outputs that share memory with an input or with one another.
        return tuple(cast("Tensor", result).clone() for result in chosen)

    try:
        with torch.enable_grad():
            differentiable = [result.requires_grad for result in copied(*inputs)]
        joint = aot_export_joint_simple(
            copied, tuple(inputs), trace_joint=True, decompositions=_decompositions()
        )
    except Exception as error:
        lines = [line for line in str(error).splitlines() if line.strip()]
        first = lines[0] if lines else type(error).__name__
        raise CompileFailed(f"its step cannot be differentiated as a graph: {first}") from error
    return _by_role(step, cast("GraphModule", joint), inputs, differentiable)


def _outputs(step: StepGraph, inputs: list[Any]) -> list[tuple[int | str, int]]:
    """Return, for each leaf of the next state, its output, or the input that is handed on."""
    found: list[tuple[int | str, int]] = []
    for source in step.following:
        if isinstance(source, int):
            found.append((source, -1))
            continue
        kind, i = source
        at = (step.z if kind == "z" else step.state)[i]
        if at is None:
            # The graph never reads what is handed on, so that it has no input for it.
            raise CompileFailed("its step hands on a leaf of the state untouched")
        found.append((kind, at))
    return found


def _by_role(
    step: StepGraph, joint: GraphModule, inputs: list[Any], differentiable: list[bool]
) -> JointGraph:
    graph = _simplified(joint)
    placeholders = [node for node in graph.nodes if node.op == "placeholder"]
    primals, tangents = placeholders[: len(inputs)], placeholders[len(inputs) :]
    (results,) = next(node for node in graph.nodes if node.op == "output").args
    results = list(cast("tuple[Any, ...]", results))
    count = len(step.following)
    following, gradients = results[:count], results[count:]
    if any(not isinstance(node, Node) for node in following):
        raise CompileFailed("its step returns a constant as a state")
    remaining = iter(tangents)
    adjoints = [next(remaining) if has_gradient else None for has_gradient in differentiable]
    for node in graph.nodes:
        if node.op == "call_function" and _is_random(node.target):
            raise CompileFailed(f"its step draws random numbers ({node.target})")

    def at(places: list[int | None], nodes: list[Any]) -> list[Any]:
        return [None if place is None else nodes[place] for place in places]

    return JointGraph(
        graph,
        z=at(step.z, primals),
        state=at(step.state, primals),
        weights=[primals[i] for i in step.weights],
        batch=[
            node
            for node, value in zip(primals, inputs, strict=True)
            if not isinstance(value, Tensor)
        ],
        following=following,
        tangents=adjoints,
        z_gradients=at(step.z, gradients),
        state_gradients=at(step.state, gradients),
        weight_gradients=[gradients[i] for i in step.weights],
    )


def _example(node: Node) -> Any:
    return node.meta["example_value"]


def _is_random(target: Any) -> bool:
    tags = getattr(target, "tags", ())
    return torch.Tag.nondeterministic_seeded in tags


def _decompositions() -> dict[Any, Any]:
    table = dict(core_aten_decompositions())

    def addmm(bias: Tensor, a: Tensor, b: Tensor, beta: float = 1, alpha: float = 1) -> Tensor:
        # Apart, the bias joins whatever is computed element by element.
        product = torch.mm(a, b)
        product = product if alpha == 1 else product * alpha
        return product + (bias if beta == 1 else bias * beta)

    table[aten.addmm.default] = addmm
    return table


_LAST = 9223372036854775807


def _simplified(joint: GraphModule) -> Graph:
    """Return the graph without what changes nothing, and with everything computed once."""
    graph = joint.graph
    for node in list(graph.nodes):
        if node.op == "call_function":
            same = _same_as(node)
            if same is not None:
                node.replace_all_uses_with(same)
                graph.erase_node(node)
    graph.eliminate_dead_code(is_impure_node=lambda node: node.op in ("placeholder", "output"))
    return fx_graph_cse(graph)


def _same_as(node: Node) -> Node | None:
    """Return the node whose value this one repeats, if there is one."""
    target, args = node.target, node.args
    source = args[0] if args and isinstance(args[0], Node) else None
    if source is None:
        return None
    if target in (aten.alias.default, aten.detach.default, aten.clone.default, operator.pos):
        return source
    if target is aten.slice.Tensor:
        start = args[2] if len(args) > 2 else 0
        end = args[3] if len(args) > 3 else _LAST
        step = args[4] if len(args) > 4 else 1
        return source if start in (0, None) and end in (_LAST, None) and step == 1 else None
    if target is aten.permute.default:
        order = cast("list[int]", args[1])
        if source.target is aten.permute.default and isinstance(source.args[0], Node):
            inner = cast("list[int]", source.args[1])
            rank = len(order)
            if [inner[axis % rank] % rank for axis in order] == list(range(rank)):
                return source.args[0]
        return source if list(order) == list(range(len(order))) else None
    if target in (aten.view.default, aten.expand.default, aten._unsafe_view.default):
        ours, theirs = node.meta.get("val"), source.meta.get("val")
        if isinstance(ours, Tensor) and isinstance(theirs, Tensor):
            same = ours.dim() == theirs.dim() and all(
                str(a) == str(b) for a, b in zip(ours.shape, theirs.shape, strict=True)
            )
            return source if same else None
    if target is aten.copy.default and isinstance(args[1], Node):
        ours, theirs = node.meta.get("val"), args[1].meta.get("val")
        if isinstance(ours, Tensor) and isinstance(theirs, Tensor):
            same = ours.dtype == theirs.dtype and ours.dim() == theirs.dim()
            same = same and all(
                str(a) == str(b) for a, b in zip(ours.shape, theirs.shape, strict=True)
            )
            return args[1] if same else None
    return None
