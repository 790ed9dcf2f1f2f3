from __future__ import annotations

import pytest
import torch

from rnnlab.cells import GRU, LSTM, RNN, FusedCell
from rnnlab.cells.kernels import affine_weights, borrowing_module

CELLS = {
    torch.lstm: LSTM(3, 4),
    torch.gru: GRU(3, 4),
    torch.rnn_tanh: RNN(3, 4),
    torch.rnn_relu: RNN(3, 4, nonlinearity="relu"),
}


@pytest.mark.parametrize(("kernel", "cell"), CELLS.items(), ids=[k.__name__ for k in CELLS])
def test_a_borrowing_module_holds_the_cell_s_own_parameters(
    kernel: object, cell: LSTM | GRU | RNN
) -> None:
    weights = affine_weights(cell.input, cell.recurrent)
    module = borrowing_module(kernel, weights)  # type: ignore[arg-type]
    assert module is not None
    assert [id(weight) for weight in module._flat_weights] == [id(weight) for weight in weights]
    x = torch.randn(5, 2, 3)
    assert isinstance(cell, FusedCell)
    output, _ = cell.fused(x.transpose(0, 1), cell.init_state(2), None)
    torch.testing.assert_close(module(x)[0], output.transpose(0, 1))


def test_computed_weights_are_left_alone() -> None:
    weights = [
        weight * 1 for weight in affine_weights(CELLS[torch.gru].input, CELLS[torch.gru].recurrent)
    ]
    assert borrowing_module(torch.gru, weights) is None


def test_computed_weights_run() -> None:
    cell = GRU(3, 4)
    torch.nn.utils.parametrizations.weight_norm(cell.recurrent)
    x, state = torch.randn(2, 5, 3), cell.init_state(2)
    output, _ = cell.fused(x, state, None)
    step = cell.step(cell.project(x[:, 0]), state)
    torch.testing.assert_close(output[:, 0], step)


def test_weights_in_one_piece_are_not_moved_again(device: torch.device) -> None:
    cell = LSTM(3, 4).to(device)
    x, state = torch.randn(2, 5, 3, device=device), cell.init_state(2)
    cell.fused(x, state, None)
    before = [weight.data_ptr() for weight in cell.parameters()]
    cell.fused(x, state, None)
    assert [weight.data_ptr() for weight in cell.parameters()] == before
