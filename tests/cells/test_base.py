"""What every cell promises."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.func import functional_call, stack_module_state, vmap

from rnnlab.cells import GRU, LSTM, RNN, Cell, Jordan
from rnnlab.recurrence import tree

CELLS: dict[str, Callable[[], Cell]] = {
    "rnn": lambda: RNN(3, 4),
    "irnn": lambda: RNN(3, 4, nonlinearity="relu", recurrent_init="identity"),
    "gru": lambda: GRU(3, 4),
    "lstm": lambda: LSTM(3, 4),
    "jordan": lambda: Jordan(3, 6, 4),
}
every_cell = pytest.mark.parametrize("make", CELLS.values(), ids=CELLS.keys())


def random_state(cell: Cell, batch_size: int) -> object:
    return tree.map_tensors(torch.randn_like, cell.init_state(batch_size))


@every_cell
def test_project_and_readout_act_on_leading_axes_only(make: Callable[[], Cell]) -> None:
    cell = make().double()
    x = torch.randn(2, 5, 3, dtype=torch.float64)
    z = tree.unbind(cell.project(x), 1)
    states = []
    state = random_state(cell, 2)
    for t in range(5):
        alone = cell.project(x[:, t])
        for a, b in zip(tree.leaves(z[t]), tree.leaves(alone), strict=True):
            torch.testing.assert_close(a, b, atol=1e-12, rtol=0)
        state = cell.step(alone, state)
        states.append(state)
    together = cell.readout(tree.stack(states, 1), cell.project(x))
    assert together.shape == (2, 5, cell.output_size)
    for t in range(5):
        torch.testing.assert_close(
            together[:, t], cell.readout(states[t], z[t]), atol=1e-12, rtol=0
        )


@every_cell
def test_step_is_pure_and_keeps_the_state_s_form(make: Callable[[], Cell]) -> None:
    cell = make()
    z, state = tree.detach(cell.project(torch.randn(2, 3))), random_state(cell, 2)
    before = copy.deepcopy((z, state))
    following = cell.step(z, state)
    cell.gates(z, state)
    for old, new in zip(tree.leaves(before), tree.leaves((z, state)), strict=True):
        assert torch.equal(old, new)
    for old, new in zip(tree.leaves(state), tree.leaves(following), strict=True):
        assert (old.shape, old.dtype) == (new.shape, new.dtype)


@every_cell
def test_rows_of_a_batch_do_not_meet(make: Callable[[], Cell]) -> None:
    cell = make().double()
    z, state = cell.project(torch.randn(3, 3).double()), random_state(cell, 3)
    state = tree.map_tensors(Tensor.double, state)
    row = torch.tensor([1])
    alone = cell.step(tree.index_select(z, row), tree.index_select(state, row))
    together = tree.index_select(cell.step(z, state), row)
    for a, b in zip(tree.leaves(alone), tree.leaves(together), strict=True):
        torch.testing.assert_close(a, b, atol=1e-12, rtol=0)


@every_cell
def test_gates_have_names_and_one_row_for_each_example(make: Callable[[], Cell]) -> None:
    cell = make()
    gates = cell.gates(cell.project(torch.randn(2, 3)), random_state(cell, 2))
    assert gates
    assert all(value.shape[0] == 2 for value in gates.values())


@every_cell
def test_initial_state_is_where_the_cell_is(make: Callable[[], Cell], device: torch.device) -> None:
    cell = make().to(device, torch.float16)
    for leaf in tree.leaves(cell.init_state(2)):
        assert leaf.device.type == device.type
        assert leaf.dtype == torch.float16


@every_cell
def test_meta_device(make: Callable[[], Cell]) -> None:
    with torch.device("meta"):
        cell = make()
        x = torch.empty(2, 3)
    state = cell.step(cell.project(x), cell.init_state(2))
    assert all(leaf.is_meta for leaf in tree.leaves(state))


@every_cell
def test_vmap_over_an_ensemble(make: Callable[[], Cell]) -> None:
    cells = [make().double() for _ in range(3)]
    x, state = torch.randn(2, 3).double(), cells[0].init_state(2)
    parameters, buffers = stack_module_state(cells)  # type: ignore[arg-type]
    base = Step(copy.deepcopy(cells[0])).to("meta")

    def run(parameters: dict[str, Tensor], buffers: dict[str, Tensor]) -> object:
        named = {f"cell.{name}": value for name, value in (parameters | buffers).items()}
        return functional_call(base, named, (x, state))

    together = tree.leaves(vmap(run)(parameters, buffers))
    for member, cell in enumerate(cells):
        alone = tree.leaves(cell.step(cell.project(x), state))
        for a, b in zip(together, alone, strict=True):
            torch.testing.assert_close(a[member], b, atol=1e-12, rtol=0)


class Step(torch.nn.Module):
    def __init__(self, cell: Cell) -> None:
        super().__init__()
        self.cell = cell

    def forward(self, x: Tensor, state: object) -> object:
        return self.cell.step(self.cell.project(x), state)


@every_cell
def test_weights_survive_copies(make: Callable[[], Cell]) -> None:
    cell, other = make(), make()
    other.load_state_dict(cell.state_dict())
    twin = copy.deepcopy(cell)
    for name, value in cell.named_parameters():
        assert torch.equal(other.state_dict()[name], value)
        assert torch.equal(twin.state_dict()[name], value)
        assert twin.get_parameter(name).data_ptr() != value.data_ptr()


def test_default_readout_finds_the_first_leaf() -> None:
    first, second = torch.ones(1), torch.zeros(1)
    cell = RNN(3, 4)
    for state in (first, (first, second), [(first,), second], {"a": first, "b": second}):
        assert Cell.readout(cell, state, None) is first
