from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from rnnlab.cells import GRU, Cell
from rnnlab.testing import CellContract
from rnnlab.testing.cells.subject import (
    converted,
    differentiable,
    inputs,
    reached_state,
    smooth_leaves,
    weighted_sum,
)


class Example(CellContract):
    def make_cell(self, input_size: int, **arguments: Any) -> Cell:
        return GRU(input_size, **{"hidden_size": 4, **arguments})


def test_a_cell_is_the_same_at_every_call_whatever_the_user_s_default_dtype_is() -> None:
    first = Example().cell()
    torch.set_default_dtype(torch.float64)
    try:
        again = Example().cell(torch.float32)
    finally:
        torch.set_default_dtype(torch.float32)
    assert not first.training
    assert {value.dtype for value in first.parameters()} == {torch.float64}
    assert {value.dtype for value in again.parameters()} == {torch.float32}
    other = Example().cell(seed=1)
    assert torch.equal(first.input.weight, Example().cell().input.weight)
    assert not torch.equal(first.input.weight, other.input.weight)


@pytest.mark.filterwarnings("error")
def test_complex_weights_stay_complex() -> None:
    cell = GRU(3, 4)
    cell.turn = nn.Parameter(torch.tensor([1 + 2j]))
    for dtype, expected in ((torch.float64, torch.complex128), (torch.float32, torch.complex64)):
        turn = converted(cell, dtype).turn
        assert turn.dtype == expected
        assert turn.item() == 1 + 2j


def test_inputs_are_the_same_numbers_in_every_dtype() -> None:
    assert torch.equal(inputs(2, 5).float(), inputs(2, 5, dtype=torch.float32))
    assert not torch.equal(inputs(2, 5), inputs(2, 5, seed=2))


def test_a_reached_state_is_none_of_the_initial_ones_and_has_no_history() -> None:
    cell = Example().cell()
    state = reached_state(cell, 3)
    assert state.all()
    assert not state.requires_grad


def test_what_can_be_differentiated_is() -> None:
    state = (torch.ones(2), torch.ones(2, dtype=torch.int64), torch.ones(2, dtype=torch.cfloat))
    assert [leaf.dtype for leaf in smooth_leaves(differentiable(state))] == [
        torch.float32,
        torch.complex64,
    ]


def test_no_two_values_cancel_in_a_weighted_sum() -> None:
    for value in (torch.tensor([1.0, -1.0]), torch.tensor([1 + 1j, -1 - 1j])):
        assert weighted_sum([value]).abs() > 0.01
