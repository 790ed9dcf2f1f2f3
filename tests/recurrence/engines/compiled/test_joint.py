from __future__ import annotations

import pytest
import torch
from torch.fx import Node

from rnnlab.cells import GRU, LSTM
from rnnlab.recurrence.engines.compiled.capture import Capture
from rnnlab.recurrence.engines.compiled.failure import CompileFailed
from rnnlab.recurrence.engines.compiled.joint import JointGraph, joint_graph
from tests.recurrence.engines.compiled.cells import Detached, Frozen, Nested, Noisy, Overwriting

aten = torch.ops.aten


def joint(cell: object) -> JointGraph:
    state = cell.init_state(2)  # type: ignore[attr-defined]
    graph, _ = Capture()(cell, cell.project(torch.randn(3, 2, 3)), state)  # type: ignore[attr-defined, arg-type]
    return joint_graph(graph)


def targets(found: JointGraph) -> list[object]:
    return [node.target for node in found.graph.nodes if node.op == "call_function"]


def test_every_part_has_its_nodes() -> None:
    found = joint(LSTM(3, 4))
    assert [len(part) for part in (found.z, found.state, found.weights)] == [1, 2, 2]
    assert len(found.following) == len(found.tangents) == len(found.state_gradients) == 2
    assert all(isinstance(node, Node) for node in (*found.following, *found.weight_gradients))


def test_what_changes_nothing_is_gone_and_products_are_bare() -> None:
    for cell in (LSTM(3, 4), GRU(3, 4)):
        found = targets(joint(cell))
        for target in (aten.clone.default, aten.alias.default, aten.detach.default):
            assert target not in found
        assert aten.addmm.default not in found
        assert aten.mm.default in found


def test_what_has_no_gradient_has_none() -> None:
    found = joint(Frozen(3))
    assert sum(gradient is None for gradient in found.weight_gradients) == 1
    counter = joint(Nested(3))
    # The counter is a whole number.
    assert [tangent is None for tangent in counter.tangents].count(True) == 1


def test_a_detached_factor_stays_detached() -> None:
    cell = Detached(3)
    found = joint(cell)
    backward = [
        node
        for node in found.graph.nodes
        if node.target is aten.mm.default and any(t in _above(node) for t in found.tangents)
    ]
    # One product hands the adjoint back and one makes the weight's gradient: none for the factor.
    assert len(backward) == 2


def _above(node: Node) -> set[Node]:
    found: set[Node] = set()
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += one.all_input_nodes
    return found


def test_random_numbers_and_writing_into_inputs_are_refused() -> None:
    with pytest.raises(CompileFailed, match="random numbers"):
        joint(Noisy(3))
    with pytest.raises(CompileFailed, match="mul_"):
        joint(Overwriting(3))
