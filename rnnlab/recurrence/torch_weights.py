"""Weights of several layers and both directions, to and from torch's own modules."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from torch import nn

from rnnlab.cells import GRU, LSTM, RNN
from rnnlab.cells.kernels import copy_to_torch
from rnnlab.errors import ConfigError
from rnnlab.recurrence.bidirectional import Bidirectional
from rnnlab.recurrence.layer import Layer
from rnnlab.recurrence.recurrent import Recurrent
from rnnlab.recurrence.stack import Stack

TorchCell = RNN | GRU | LSTM
"""The cells of which torch has a module."""

_MODULES: dict[type, Callable[..., nn.RNNBase]] = {RNN: nn.RNN, GRU: nn.GRU, LSTM: nn.LSTM}


def from_torch(module: nn.RNNBase, engine: str = "auto") -> Stack:
    """Return a stack with a copy of the weights of ``nn.RNN``, ``nn.GRU`` or ``nn.LSTM``.

    It computes the same, but is always batch-first, and its state is a tuple with one entry a
    layer. Missing biases become zeros.

    Args:
        module: Any number of layers, one direction or both.
        engine: See :class:`Recurrent`.

    Raises:
        ConfigError: The module is of another kind, or has ``proj_size``.
    """
    layers: list[Layer] = []
    for layer in range(module.num_layers):
        forward = Recurrent(_cell(module, layer, reverse=False), engine)
        if module.bidirectional:
            backward = Recurrent(_cell(module, layer, reverse=True), engine, reverse=True)
            layers.append(Bidirectional(forward, backward))
        else:
            layers.append(forward)
    return Stack(layers, dropout=module.dropout).train(module.training)


def to_torch(stack: Stack) -> nn.RNNBase:
    """Return a batch-first torch module with a copy of the weights of a stack.

    Raises:
        ConfigError: torch has no module that computes the same: residuals, other cells, or layers
            that differ in kind, size or direction.
    """
    rows = [_row(stack[i]) for i in range(len(stack))]
    cells = [cell for row in rows for cell in row]
    first = cells[0]
    options: dict[str, str] = {"nonlinearity": first.nonlinearity} if type(first) is RNN else {}
    if stack.residual or len({len(row) for row in rows}) > 1 or len({_kind(c) for c in cells}) > 1:
        raise ConfigError(
            "torch has no module of residual layers, or of layers that differ in cell, size or "
            "direction"
        )
    module = _MODULES[type(first)](
        first.input_size,
        first.output_size,
        num_layers=len(rows),
        bidirectional=len(rows[0]) == 2,
        dropout=stack.dropout.p,
        batch_first=True,
        **options,
    )
    module.to(first.recurrent.weight)
    for layer, row in enumerate(rows):
        for cell, reverse in zip(row, (False, True), strict=False):
            copy_to_torch(cell.input, cell.recurrent, module, layer, reverse)
    return module.train(stack.training)


def _cell(module: nn.RNNBase, layer: int, reverse: bool) -> TorchCell:
    if isinstance(module, nn.LSTM):
        return LSTM.from_torch(module, layer, reverse)
    if isinstance(module, nn.GRU):
        return GRU.from_torch(module, layer, reverse)
    if isinstance(module, nn.RNN):
        return RNN.from_torch(module, layer, reverse)
    raise ConfigError(f"no cell corresponds to {type(module).__name__}")


def _row(layer: Layer) -> list[TorchCell]:
    if isinstance(layer, Bidirectional):
        directions = [layer.forwards, layer.backwards]
    elif isinstance(layer, Recurrent) and not layer.reverse:
        directions = [layer]
    else:
        raise ConfigError("torch has no module of nested stacks, or of backward layers alone")
    if not all(type(direction.cell) in _MODULES for direction in directions):
        raise ConfigError("torch has modules of RNN, GRU and LSTM cells only")
    return [cast("TorchCell", direction.cell) for direction in directions]


def _kind(cell: TorchCell) -> tuple[object, ...]:
    return type(cell), cell.output_size, getattr(cell, "nonlinearity", None)
