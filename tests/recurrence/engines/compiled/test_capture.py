from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from rnnlab.cells import LSTM
from rnnlab.recurrence.engines.compiled.capture import Capture
from rnnlab.recurrence.engines.compiled.failure import CompileFailed
from rnnlab.recurrence.engines.compiled.joint import joint_graph
from tests.recurrence.engines.compiled.cells import ClosedOver, InputTree, Nested, Plain


def captured(cell: Any, B: int = 2, T: int = 3) -> Any:
    return Capture()(cell, cell.project(torch.randn(T, B, 3)), cell.init_state(B))


def test_inputs_are_told_apart() -> None:
    cell = LSTM(3, 4)
    graph, weights = captured(cell)
    assert len(graph.z) == 1
    assert len(graph.state) == 2
    assert {id(weight) for weight in weights} == {id(p) for p in cell.recurrent.parameters()}
    assert sorted([*graph.z, *graph.state, *graph.weights]) == sorted(
        i
        for i, node in enumerate(n for n in graph.module.graph.nodes if n.op == "placeholder")
        if isinstance(node.meta["example_value"], Tensor)
    )


def test_a_closed_over_tensor_is_a_weight() -> None:
    cell = ClosedOver(3)
    _, weights = captured(cell)
    assert any(weight is cell.tensors[0] for weight in weights)


def test_a_leaf_that_is_not_read_has_no_input() -> None:
    graph, _ = captured(InputTree(3))
    assert len(graph.z) == 3
    assert graph.z[2] is None  # the raw input, which only the readout reads


def test_trees_are_traced_leaf_by_leaf() -> None:
    graph, _ = captured(Nested(3))
    assert len(graph.state) == len(graph.following) == 4


def test_the_batch_stands_as_a_symbol() -> None:
    graph, _ = captured(Plain(3))
    shapes = [
        node.meta["example_value"].shape
        for node in graph.module.graph.nodes
        if node.op == "placeholder" and isinstance(node.meta["example_value"], Tensor)
    ]
    symbolic = [shape for shape in shapes if isinstance(shape[0], torch.SymInt)]
    assert len(symbolic) == 2  # z and the state


class Foreign(Plain):
    def step(self, z: Tensor, state: Tensor) -> Tensor:
        return self.recurrent.weight


class Restructured(Plain):
    def step(self, z: Tensor, state: Tensor) -> Any:
        return (z + self.recurrent(state), z)


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (Foreign, "changes the shape or the dtype of the state"),
        (Restructured, "depends on neither input nor state"),
    ],
)
def test_steps_that_are_none_are_refused(kind: type[Plain], why: str) -> None:
    with pytest.raises(CompileFailed, match=why):
        joint_graph(captured(kind(3))[0])


def test_it_is_traced_again_for_another_dtype_and_only_then() -> None:
    cell, capture = Plain(3), Capture()

    def graph(dtype: torch.dtype, B: int) -> Any:
        cell.to(dtype)
        found, _ = capture(
            cell, cell.project(torch.randn(4, B, 3, dtype=dtype)), cell.init_state(B)
        )
        return found

    first = graph(torch.float32, 2)
    assert graph(torch.float32, 1) is first
    assert graph(torch.float64, 2) is not first
    assert graph(torch.float32, 7) is first
