from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.fx import GraphModule

from rnnlab.cells import GRU, LSTM, RNN
from rnnlab.recurrence.engines.compiled.capture import Capture
from rnnlab.recurrence.engines.compiled.failure import CompileFailed
from rnnlab.recurrence.engines.compiled.joint import joint_graph
from rnnlab.recurrence.engines.compiled.partition import partition
from rnnlab.recurrence.engines.compiled.program import StepProgram
from tests.recurrence.engines.compiled.cells import OverTheBatch, Parametrized, Plain, UsedTwice

aten = torch.ops.aten


def program(cell: Any) -> StepProgram:
    graph, _ = Capture()(cell, cell.project(torch.randn(3, 2, 3)), cell.init_state(2))
    return partition(joint_graph(graph))


def count(graph: GraphModule, target: Any) -> int:
    return sum(node.target is target for node in graph.graph.nodes)


@pytest.mark.parametrize(
    ("kind", "saved"), [(RNN, 0), (GRU, 4), (LSTM, 5)], ids=["rnn", "gru", "lstm"]
)
def test_one_product_a_step_and_the_weights_wait(kind: Any, saved: int) -> None:
    found = program(kind(3, 4))
    assert count(found.forward, aten.mm.default) == 1
    assert count(found.adjoint, aten.mm.default) == 1  # the adjoint of the state alone
    assert count(found.gradients, aten.mm.default) == 1  # the gradient of the weight
    assert found.leaves.saved == saved


def test_the_backward_pass_repeats_no_transcendental_function() -> None:
    for cell in (LSTM(3, 4), GRU(3, 4), UsedTwice(3)):
        found = program(cell)
        for graph in (found.adjoint, found.gradients):
            assert count(graph, aten.tanh.default) == count(graph, aten.sigmoid.default) == 0


def test_z_is_not_kept_where_nothing_reads_it() -> None:
    reads = program(LSTM(3, 4)).reads
    assert 0 not in reads["adjoint"] | reads["gradients"]


def test_what_is_made_of_weights_alone_is_made_once() -> None:
    found = program(Parametrized(3))
    assert count(found.prologue, aten.div.Tensor) + count(found.prologue, aten.mul.Tensor) > 0
    assert count(found.forward, aten.div.Tensor) == 0
    weights = [torch.rand(*shape) for shape in _shapes(found)]
    constants = found.prologue(*weights)
    assert len(constants) == found.leaves.constants


def _shapes(found: StepProgram) -> list[torch.Size]:
    inputs = [node for node in found.prologue.graph.nodes if node.op == "placeholder"]
    return [node.meta["val"].shape for node in inputs]


def test_the_gradients_of_all_steps_are_those_of_each_added_up() -> None:
    cell = LSTM(3, 4)
    found = program(cell)
    leaves = found.leaves
    rows = [
        torch.randn(6, *node.meta["val"].shape[1:])
        for node in found.gradients.graph.nodes
        if node.op == "placeholder" and not node.name.startswith(("constant", "weight"))
    ]
    weights = [weight.detach() for weight in cell.recurrent.parameters()]
    constants = list(found.prologue(*weights))
    together = found.gradients(*rows, *constants, *weights)
    halves = [
        found.gradients(*(row[part] for row in rows), *constants, *weights)
        for part in (slice(0, 2), slice(2, 6))
    ]
    torch.testing.assert_close(together[0], torch.cat([half[0] for half in halves]))
    for i in range(leaves.z, leaves.z + leaves.weights):
        torch.testing.assert_close(together[i], halves[0][i] + halves[1][i])


class Averaged(Plain):
    """Subtracts the mean over the batch."""

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        return super().step(z, state - state.mean(0, keepdim=True))


class Summed(Plain):
    """Batch norm, written as a module."""

    def __init__(self, input_size: int) -> None:
        super().__init__(input_size)
        self.norm = nn.BatchNorm1d(4, track_running_stats=False)

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        h: Tensor = self.norm(super().step(z, state))
        return h


@pytest.mark.parametrize("kind", [OverTheBatch, Averaged, Summed])
def test_a_step_that_mixes_rows_is_refused(kind: type[Plain]) -> None:
    with pytest.raises(CompileFailed, match="mixes the rows of the batch"):
        program(kind(3))
