"""How fast a cell is beside ``nn.LSTM``."""

from __future__ import annotations

import time
from collections.abc import Mapping
from statistics import median

import torch
from torch import Tensor, nn

from rnnlab.capability.outcome import Speed
from rnnlab.cells.base import Cell
from rnnlab.recurrence import Recurrent

B, T = 32, 100
_SECONDS, _FEWEST, _MOST = 3.0, 3, 40
_SLOW = 1.5  # seconds for one batch; a slower cell is measured on a tenth of the steps


def speeds(cell: Cell, compiles: bool = False) -> list[Speed]:
    """Return the times of a cell by engine: ``compiled``, torch's or the scan, and ``loop``.

    The cell and ``nn.LSTM`` are measured in turn, so that whatever else the machine does in the
    meantime slows down both; on one thread, as several wait for each other where cores are shared.

    Args:
        cell: Any cell; the gradients of its weights are changed.
        compiles: Whether the engine ``compiled`` runs it.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _speeds(cell, compiles)
    finally:
        torch.set_num_threads(threads)


def _speeds(cell: Cell, compiles: bool) -> list[Speed]:
    lstm = nn.LSTM(cell.input_size, cell.output_size, batch_first=True)
    auto, loop = Recurrent(cell), Recurrent(cell, "loop")
    brief = _input(cell, T // 10)
    # The least of several: whatever else the machine does can only slow one down.
    step = min(_seconds(loop, brief) for _ in range(4)) / brief.shape[1]
    steps = T if T * step < _SLOW else T // 10
    x = _input(cell, steps)
    _seconds(auto, x)
    assert auto.choice is not None
    layers: dict[str, nn.Module] = {"nn.LSTM": lstm}
    if compiles:
        layers["compiled"] = Recurrent(cell, "compiled")
    if auto.choice.name != "loop":
        layers[auto.choice.name] = auto
    layers["loop"] = loop
    times = {name: 1e3 * median(spent) for name, spent in in_turn(layers, x).items()}
    shape = f"B{B} T{steps} F{cell.input_size} H{cell.output_size}, 1 thread"
    beside = times.pop("nn.LSTM")
    return [Speed(name, spent, beside, shape) for name, spent in times.items()]


def in_turn(layers: Mapping[str, nn.Module], x: Tensor) -> dict[str, list[float]]:
    """Return the seconds of each run of each layer, one of each after the other."""
    times: dict[str, list[float]] = {name: [] for name in layers}
    for layer in layers.values():  # the first run of anything is slower
        _seconds(layer, x)
    begun, rounds = time.perf_counter(), 0
    while rounds < _FEWEST or (rounds < _MOST and time.perf_counter() - begun < _SECONDS):
        for name, layer in layers.items():
            times[name].append(_seconds(layer, x))
        rounds += 1
    return times


def _seconds(layer: nn.Module, x: Tensor) -> float:
    """Return how long forward and backward take."""
    layer.zero_grad()
    begun = time.perf_counter()
    output = layer(x)[0]
    if output.requires_grad:
        output.sum().backward()
    return time.perf_counter() - begun


def _input(cell: Cell, steps: int) -> Tensor:
    return torch.randn(B, steps, cell.input_size)
