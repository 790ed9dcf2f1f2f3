"""A step and its derivatives as one graph of ATen operations."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, TypeGuard, cast

import torch
from torch import Tensor
from torch._decomp import core_aten_decompositions
from torch._functorch.aot_autograd import aot_export_joint_simple
from torch._functorch.compile_utils import fx_graph_cse
from torch._guards import detect_fake_mode
from torch.fx import Graph, GraphModule, Node

from rnnlab.recurrence.engines.compiled.failure import CompileFailed
from rnnlab.recurrence.engines.compiled.operations import storable
from rnnlab.recurrence.engines.compiled.step_graph import StepGraph

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
        with detect_fake_mode(inputs) or nullcontext(), torch.enable_grad():
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
    for node, probe in zip(following, step.probes[1], strict=True):
        found: Tensor = node.meta["val"]
        # As texts: comparing sizes would bind the batch size.
        same = [str(size) for size in found.shape[1:]] == [str(size) for size in probe.shape[1:]]
        if not (same and found.dtype == probe.dtype and storable(node)):
            raise CompileFailed("its step changes the shape or the dtype of the state")
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

    def hardsigmoid_backward(gradient: Tensor, x: Tensor) -> Tensor:
        # Torch's kernel rounds 1/6 to float32 for float64 too; the loop is what we must equal.
        return torch.where((x > -3) & (x < 3), gradient * _SIXTH, 0.0)

    table[aten.addmm.default] = addmm
    table[aten.hardsigmoid_backward.default] = hardsigmoid_backward
    return table


_SIXTH = float(torch.tensor(1 / 6, dtype=torch.float32))
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
    target = node.target
    args: list[Any] = [*node.args, None, None, None, None, None]
    source = args[0]
    if not isinstance(source, Node):
        return None
    if target in (aten.alias.default, aten.detach.default, aten.clone.default):
        return source
    if target is aten.slice.Tensor:
        return source if _is_whole(*args[2:5]) else None
    if target is aten.slice_scatter.default:
        return args[1] if _is_whole(*args[3:6]) and _alike(node, args[1]) else None
    if target is aten.copy.default:
        return args[1] if _alike(node, args[1]) else None
    if target in (aten.view.default, aten._unsafe_view.default, aten.expand.default):
        return source if _alike(node, source) else None
    if target is aten.permute.default:
        order = list(args[1])
        if source.target is aten.permute.default and isinstance(source.args[0], Node):
            inner: Any = source.args[1]
            order = [inner[axis] % len(order) for axis in order]
            source = source.args[0]
        return source if order == list(range(len(order))) else None
    return None


def _is_whole(start: int | None, end: int | None, step: int | None) -> bool:
    return start in (0, None) and end in (_LAST, None) and step in (1, None)


def _alike(node: Node, other: Any) -> TypeGuard[Node]:
    """Return whether two values have the same shape and dtype."""
    ours = node.meta.get("val")
    theirs = other.meta.get("val") if isinstance(other, Node) else None
    return (
        isinstance(ours, Tensor)
        and isinstance(theirs, Tensor)
        and ours.dtype == theirs.dtype
        # As texts: comparing sizes would bind the batch size.
        and [str(size) for size in ours.shape] == [str(size) for size in theirs.shape]
    )
