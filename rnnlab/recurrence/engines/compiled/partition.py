"""The joint graph of a step, cut into what runs once, what runs in time, and what waits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import networkx
import torch
from torch.fx import Graph, GraphModule, Node

from rnnlab.recurrence.engines.compiled.failure import CompileFailed
from rnnlab.recurrence.engines.compiled.joint import JointGraph
from rnnlab.recurrence.engines.compiled.operations import (
    has_rows,
    is_cheap,
    is_tensor,
    mixes_rows,
    row_size,
    storable,
)
from rnnlab.recurrence.engines.compiled.program import Leaves, StepProgram

aten = torch.ops.aten


def partition(joint: JointGraph) -> StepProgram:
    """Return the program of a step.

    The adjoint of the state is all that must run backwards in time; the gradients of z and of the
    weights are computed from it afterwards, for all steps at once. Of the values of the forward
    pass the smallest set is saved that spares the backward pass all products and transcendental
    functions: a minimum cut (Chen et al. 2016, arXiv:1604.06174, and torch's own partitioner).

    Raises:
        CompileFailed: The step mixes the rows of the batch.
    """
    return _Cut(joint).program()


class _Cut:
    def __init__(self, joint: JointGraph) -> None:
        self.joint = joint
        self.nodes = [
            node for node in joint.graph.nodes if node.op not in ("placeholder", "output")
        ]
        self.z = [node for node in joint.z if node is not None]
        self.state = [node for node in joint.state if node is not None]
        self.tangents = [node for node in joint.tangents if node is not None]
        given = {*self.z, *self.state, *self.tangents}
        self.batch = _closure([*given, *joint.batch], self.nodes)
        self.backward = _closure(self.tangents, self.nodes)
        self.numbers = {node for node in self.nodes if not is_tensor(node)} | set(joint.batch)
        # What a sum over the rows has made: gradients of weights, and nothing else.
        self.summed = {
            node
            for node in self.nodes
            if node in self.batch and node not in self.numbers and not has_rows(node)
        }
        for node in self.nodes:
            summed = self.summed & set(node.all_input_nodes)
            if (
                mixes_rows(node)
                or (node in self.summed and node not in self.backward)
                or (node in self.batch and has_rows(node) and summed)
            ):
                raise CompileFailed(f"its step mixes the rows of the batch ({node.target})")

    def program(self) -> StepProgram:
        joint = self.joint
        state_gradients = [node for node in joint.state_gradients if node is not None]
        in_time = _ancestors(state_gradients) & self.backward
        wanted = [
            node for node in (*joint.z_gradients, *joint.weight_gradients) if node is not None
        ]
        in_time |= self._cheap_in_time(in_time, wanted)
        waiting = (_ancestors(wanted) & self.backward) - in_time
        saved = self._saved(in_time | waiting, [*state_gradients, *wanted])
        deferred = self._deferred(in_time, waiting, wanted)
        constants = self._constants()
        z_inputs = [("z", i, node) for i, node in enumerate(joint.z)]
        state_inputs = [("state", i, node) for i, node in enumerate(joint.state)]
        next_inputs = [("following", i, node) for i, node in enumerate(joint.following)]
        saved_inputs = [("saved", i, node) for i, node in enumerate(saved)]
        constant_inputs = [("constant", i, node) for i, node in enumerate(constants)]
        tangent_inputs = [("tangent", i, node) for i, node in enumerate(joint.tangents)]
        deferred_inputs = [("deferred", i, node) for i, node in enumerate(deferred)]
        weight_inputs = [("weight", i, node) for i, node in enumerate(joint.weights)]

        prologue, _ = _extract(weight_inputs, constants)
        forward, _ = _extract(
            [*z_inputs, *state_inputs, *constant_inputs], [*joint.following, *saved]
        )
        adjoint, adjoint_reads = _extract(
            [
                *z_inputs,
                *state_inputs,
                *next_inputs,
                *saved_inputs,
                *constant_inputs,
                *tangent_inputs,
            ],
            [*joint.state_gradients, *deferred],
        )
        gradients, gradient_reads = _extract(
            [
                *z_inputs,
                *state_inputs,
                *next_inputs,
                *saved_inputs,
                *deferred_inputs,
                *tangent_inputs,
                *constant_inputs,
                *weight_inputs,
            ],
            [*joint.z_gradients, *joint.weight_gradients],
        )
        return StepProgram(
            prologue,
            forward,
            adjoint,
            gradients,
            Leaves(
                z=len(joint.z),
                state=len(joint.state),
                weights=len(joint.weights),
                constants=len(constants),
                saved=len(saved),
                deferred=len(deferred),
            ),
            {"adjoint": adjoint_reads, "gradients": gradient_reads},
        )

    def _cheap_in_time(self, in_time: set[Node], wanted: list[Node]) -> set[Node]:
        """Return what may as well run in time: it is cheap there, and saves a pass afterwards."""
        largest = max((row_size(n) for n in (*self.z, *self.joint.following)), default=1)
        moved: set[Node] = set()
        for node in self.nodes:
            if (
                node in self.backward
                and node not in in_time
                and is_cheap(node)
                and storable(node)
                and row_size(node) <= largest
                and all(
                    source in in_time or source in moved or source in self.tangents
                    for source in node.all_input_nodes
                    if source in self.backward
                )
            ):
                moved.add(node)
        return moved & _ancestors(wanted)

    def _deferred(self, in_time: set[Node], waiting: set[Node], wanted: list[Node]) -> list[Node]:
        """Return what the gradients read of what ran in time."""
        found: dict[Node, None] = {}

        def need(node: Node) -> None:
            if node not in in_time or node in self.tangents:
                return
            if storable(node):
                found[node] = None
                return
            for source in node.all_input_nodes:  # a view, or such: made again
                need(source)

        for node in (*wanted, *waiting):
            if node in in_time:
                need(node)
            else:
                for source in node.all_input_nodes:
                    need(source)
        return list(found)

    def _constants(self) -> list[Node]:
        """Return what the steps read that no row has a part in."""
        found: dict[Node, None] = {}
        for node in self.nodes:
            if node in self.batch:
                for source in node.all_input_nodes:
                    if source not in self.batch:
                        found[source] = None
        return [node for node in found if is_tensor(node)]

    def _saved(self, backward: set[Node], wanted: list[Node]) -> list[Node]:
        """Return the rows to save: a minimum cut between the forward and the backward pass."""
        forward = {
            node
            for node in (*self.nodes, *self.z, *self.state)
            if node in self.batch and node not in self.backward and node not in self.numbers
        }
        read = {
            source for node in backward for source in node.all_input_nodes if source in forward
        } | {node for node in wanted if node in forward}
        if not read:
            return []
        free = {*self.state, *self.joint.following}
        network = networkx.DiGraph()
        for node in forward:
            if node in free:
                size: float = 0.0
            elif storable(node):
                # A small charge for each tensor makes the choice unique.
                size = row_size(node) + 1e-3
            else:
                size = float("inf")
            network.add_edge((node, "in"), (node, "out"), capacity=size)
            fixed = node in free or node in self.z or not is_cheap(node)
            if fixed:
                network.add_edge("source", (node, "in"), capacity=float("inf"))
            for user in node.users:
                if user in forward:
                    network.add_edge((node, "out"), (user, "in"), capacity=float("inf"))
            if node in read:
                network.add_edge((node, "out"), "sink", capacity=float("inf"))
        if "source" not in network or "sink" not in network:
            return []
        try:
            _, (reachable, _) = networkx.minimum_cut(network, "source", "sink")
        except networkx.NetworkXUnbounded as error:
            raise CompileFailed("its step mixes the rows of the batch") from error
        return [
            node
            for node in self.nodes
            if node in forward
            and node not in free
            and node not in self.z
            and (node, "in") in reachable
            and (node, "out") not in reachable
        ]


Input = tuple[str, int, Node | None]


def _extract(
    inputs: Sequence[Input], outputs: Sequence[Node | None]
) -> tuple[GraphModule, frozenset[int]]:
    """Return a graph of its own that computes ``outputs`` from ``inputs``, and what it reads."""
    graph = Graph()
    copies: dict[Node, Node] = {}
    placeholders: list[Node] = []
    for kind, i, node in inputs:
        placeholder = graph.placeholder(f"{kind}_{i}")
        placeholders.append(placeholder)
        if node is not None:
            placeholder.meta = dict(node.meta)
            # Of two inputs with one value the first is read: the state before what was saved.
            copies.setdefault(node, placeholder)
    rows = {node: copy for node, copy in copies.items() if has_rows(node)}

    def copy(node: Node) -> Node:
        if node in copies:
            return copies[node]
        if node.op == "placeholder":
            if is_tensor(node):
                raise AssertionError(f"{node} is no input of this graph")
            made = _batch_size(graph, rows, node)
        else:
            for source in node.all_input_nodes:
                copy(source)
            made = graph.node_copy(node, lambda source: copies[source])
        copies[node] = made
        return made

    results = [None if node is None else copy(node) for node in outputs]
    graph.output(tuple(results))
    read = frozenset(i for i, placeholder in enumerate(placeholders) if placeholder.users)
    graph.lint()
    return GraphModule(torch.nn.Module(), graph), read


def _batch_size(graph: Graph, rows: dict[Node, Node], node: Node) -> Node:
    """Return the batch size, read off an input: the graph has no number among its inputs."""
    if not rows:
        raise CompileFailed("its step makes a state out of the batch size alone")
    source = min(rows.values(), key=lambda placeholder: placeholder.name)
    size = graph.call_function(aten.sym_size.int, (source, 0))
    size.meta = dict(node.meta)
    return size


def _closure(starts: Iterable[Node], nodes: list[Node]) -> set[Node]:
    """Return ``starts`` and all that depends on them; ``nodes`` are in order."""
    found = set(starts)
    for node in nodes:
        if any(source in found for source in node.all_input_nodes):
            found.add(node)
    return found


def _ancestors(nodes: Iterable[Node]) -> set[Node]:
    """Return ``nodes`` and all that they depend on."""
    found: set[Node] = set()
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting.extend(node.all_input_nodes)
    return found
