"""Torch's recurrent kernels, run on a cell's own weights, and weights to and from torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnnlab.errors import ConfigError

_MODULES: dict[Callable[..., Any], Callable[..., nn.RNNBase]] = {
    torch.lstm: nn.LSTM,
    torch.gru: nn.GRU,
    torch.rnn_tanh: partial(nn.RNN, nonlinearity="tanh"),
    torch.rnn_relu: partial(nn.RNN, nonlinearity="relu"),
}


def affine_weights(input_map: nn.Linear, recurrent_map: nn.Linear) -> list[Tensor]:
    """Return the four weights of one layer in the order of torch's kernels."""
    return [input_map.weight, recurrent_map.weight, input_map.bias, recurrent_map.bias]


def run_kernel(
    kernel: Callable[..., Any],
    x: Tensor,
    state: Sequence[Tensor],
    weights: list[Tensor],
    lengths: Tensor | None,
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Run one layer in one direction with ``torch.lstm``, ``gru``, ``rnn_tanh`` or ``rnn_relu``.

    Args:
        kernel: The function of torch.
        x: ``(B, T, F)``.
        state: The leaves of the state, each ``(B, H)``.
        weights: See :func:`affine_weights`; no copy is made.
        lengths: ``(B,)`` int64, each at least 1, or None for T.

    Returns:
        Output ``(B, T, H)``, zero in the padding, and the leaves of the last state ``(B, H)``.
    """
    if weights[0].is_cuda:
        _flatten(kernel, weights)
    # cuDNN keeps what its backward pass needs only if told that it trains. There is no dropout
    # here, so this does not depend on train() or eval().
    trains = torch.is_grad_enabled()
    bias, layers, dropout, bidirectional = True, 1, 0.0, False
    options = (weights, bias, layers, dropout, trains, bidirectional)
    if lengths is None:
        output, *last = kernel(x, _hidden(state), *options, True)
        return output, tuple(leaf.squeeze(0) for leaf in last)
    packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
    order, back = packed.sorted_indices, packed.unsorted_indices
    assert order is not None
    assert back is not None
    state = [leaf.index_select(0, order) for leaf in state]
    data, *last = kernel(packed.data, packed.batch_sizes, _hidden(state), *options)
    output, _ = pad_packed_sequence(
        packed._replace(data=data), batch_first=True, total_length=x.shape[1]
    )
    return output, tuple(leaf.squeeze(0).index_select(0, back) for leaf in last)


def _hidden(state: Sequence[Tensor]) -> Tensor | list[Tensor]:
    leaves = [leaf.unsqueeze(0).contiguous() for leaf in state]  # (1, B, H)
    return leaves if len(leaves) > 1 else leaves[0]


def _flatten(kernel: Callable[..., Any], weights: list[Tensor]) -> None:
    # cuDNN wants the weights of a layer in one piece of memory; else it warns, and copies them
    # there at every call. A module that borrows the very parameters knows how to move them.
    if len({weight.untyped_storage().data_ptr() for weight in weights}) > 1:
        borrower = borrowing_module(kernel, weights)
        if borrower is not None:
            borrower.flatten_parameters()


def borrowing_module(kernel: Callable[..., Any], weights: list[Tensor]) -> nn.RNNBase | None:
    """Return torch's module with these very parameters, or None where they are mere tensors."""
    if not all(isinstance(weight, nn.Parameter) for weight in weights):
        return None
    module = _MODULES[kernel](weights[0].shape[1], weights[1].shape[1], device="meta")
    for name, weight in zip(("weight_ih", "weight_hh", "bias_ih", "bias_hh"), weights, strict=True):
        setattr(module, f"{name}_l0", weight)
    return module


def torch_input_size(module: nn.RNNBase, layer: int, reverse: bool) -> int:
    """Return F of one layer and direction of ``nn.RNN``, ``nn.GRU`` or ``nn.LSTM``.

    Raises:
        ConfigError: The module has no such layer or direction, or projects its output.
    """
    if module.proj_size > 0:
        raise ConfigError("projected outputs have no counterpart", key="proj_size")
    if not 0 <= layer < module.num_layers:
        raise ConfigError("no such layer", key="layer", value=layer, valid=range(module.num_layers))
    if reverse and not module.bidirectional:
        raise ConfigError("the module has one direction", key="reverse", value=reverse)
    weight: Tensor = getattr(module, f"weight_ih{_suffix(layer, reverse)}")
    return weight.shape[1]


def copy_from_torch(
    input_map: nn.Linear, recurrent_map: nn.Linear, module: nn.RNNBase, layer: int, reverse: bool
) -> None:
    """Copy one layer and direction of a torch module; a missing bias becomes zero."""
    suffix = _suffix(layer, reverse)
    with torch.no_grad():
        for linear, kind in ((input_map, "ih"), (recurrent_map, "hh")):
            linear.to(getattr(module, f"weight_{kind}{suffix}"))
            linear.weight.copy_(getattr(module, f"weight_{kind}{suffix}"))
            if module.bias:
                linear.bias.copy_(getattr(module, f"bias_{kind}{suffix}"))
            else:
                linear.bias.zero_()


def copy_to_torch(
    input_map: nn.Linear, recurrent_map: nn.Linear, module: nn.RNNBase, layer: int, reverse: bool
) -> None:
    """Copy weights and biases into one layer and direction of a torch module."""
    suffix = _suffix(layer, reverse)
    with torch.no_grad():
        for linear, kind in ((input_map, "ih"), (recurrent_map, "hh")):
            getattr(module, f"weight_{kind}{suffix}").copy_(linear.weight)
            getattr(module, f"bias_{kind}{suffix}").copy_(linear.bias)


def _suffix(layer: int, reverse: bool) -> str:
    return f"_l{layer}_reverse" if reverse else f"_l{layer}"
