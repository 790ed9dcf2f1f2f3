from __future__ import annotations

import copy
from unittest.mock import patch

import torch
from torch import Tensor
from torch.func import functional_call, stack_module_state, vmap

from rnnlab.cells import GRU, LSTM, kernels
from rnnlab.recurrence import Recurrent


def test_nothing_is_packed_without_padding() -> None:
    layer, x = Recurrent(LSTM(3, 4), "fused"), torch.randn(2, 5, 3)
    with patch.object(kernels, "pack_padded_sequence", side_effect=AssertionError("packed")):
        output, _ = layer(x)
        full, _ = layer(x, lengths=torch.tensor([5, 5]))
    assert torch.equal(output, full)


def test_all_rows_may_be_empty() -> None:
    layer, x = Recurrent(GRU(3, 4), "fused"), torch.full((2, 5, 3), float("nan"))
    state = torch.randn(2, 4, requires_grad=True)
    output, final = layer(x, state, torch.tensor([0, 0]))
    assert not output.any()
    assert torch.equal(final, state)
    (output.sum() + final.sum()).backward()
    assert state.grad is not None
    assert torch.equal(state.grad, torch.ones(2, 4))
    for weight in layer.parameters():
        assert weight.grad is not None
        assert not weight.grad.any()


def test_gradients_flow_in_evaluation_mode() -> None:
    layer = Recurrent(LSTM(3, 4), "fused").eval()
    output, _ = layer(torch.randn(2, 5, 3))
    output.sum().backward()
    assert all(weight.grad is not None for weight in layer.parameters())


def test_states_need_not_be_contiguous() -> None:
    layer, x = Recurrent(GRU(3, 4), "fused"), torch.randn(2, 5, 3)
    state = torch.randn(4, 2).T
    torch.testing.assert_close(layer(x, state)[0], layer(x, state.contiguous())[0])


def test_lengths_on_meta_are_left_to_the_loop() -> None:
    with torch.device("meta"):
        layer, x, lengths = Recurrent(LSTM(3, 4)), torch.empty(2, 5, 3), torch.tensor([5, 2])
    layer(x)
    assert layer.engines()["recurrent"].startswith("fused")
    layer(x, lengths=lengths)
    assert "they are on device meta" in layer.engines()["recurrent"]


def test_vmap_is_left_to_the_loop() -> None:
    layers = [Recurrent(LSTM(3, 4)) for _ in range(3)]
    x = torch.randn(2, 5, 3)
    stacked, _ = stack_module_state(layers)  # type: ignore[arg-type]
    base = copy.deepcopy(layers[0]).to("meta")

    def run(weights: dict[str, Tensor]) -> Tensor:
        output: Tensor = functional_call(base, weights, (x,))[0]
        return output

    together = vmap(run)(stacked)
    assert "no batching rule" in base.engines()["recurrent"]
    for member, layer in enumerate(layers):
        torch.testing.assert_close(together[member], layer(x)[0])
