"""Which engine ``engine=auto`` takes: the rules, and the measurements behind them.

The rule: the engine that finishes the run first, compiling included.

1. A *rival* needs no compiling: torch's kernel where there is one, else the scan for an affine
   cell, else the loop.
2. ``compiled`` is taken instead where what it saves in a training step, times the steps of the
   run, exceeds the time to compile. Where nobody knows how many steps there will be (a model used
   without a trainer), nothing is compiled.
3. Elsewhere than on a CPU nothing has been measured, and the rival is taken.

A training step (forward and backward) of a batch takes about

    call + T * (step + product * B * weights)

where weights is the number of parameters of the cell: what each call costs, what each step of time
costs however small it is, and what is multiplied. :data:`COSTS` are fitted to :data:`MEASURED`, and
come within a quarter of each of them. A cell that was not measured is taken for an LSTM: it waits
for as many operations.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import torch

from rnnlab.cells import GRU, RNN
from rnnlab.cells.base import Cell
from rnnlab.recurrence.engines.choice import Choice

MEASURED = {
    # cell, B, T, H: milliseconds, forward and backward
    ("lstm", 32, 20, 32): {"fused": 0.95, "compiled": 1.21, "loop": 3.25},
    ("lstm", 32, 100, 64): {"fused": 5.79, "compiled": 5.18, "loop": 21.3},
    ("lstm", 32, 100, 256): {"fused": 55.7, "compiled": 41.5, "loop": 83.8},
    ("lstm", 128, 100, 128): {"fused": 70.6, "compiled": 57.7, "loop": 103},
    ("lstm", 32, 1000, 64): {"fused": 80.4, "compiled": 45.5, "loop": 230},
    ("gru", 32, 20, 32): {"fused": 2.89, "compiled": 1.11, "loop": 3.14},
    ("gru", 32, 100, 64): {"fused": 16.1, "compiled": 4.04, "loop": 18.5},
    ("gru", 32, 100, 256): {"fused": 57.8, "compiled": 30.3, "loop": 62.9},
    ("gru", 128, 100, 128): {"fused": 71.5, "compiled": 38.1, "loop": 80},
    ("gru", 32, 1000, 64): {"fused": 193, "compiled": 40.9, "loop": 219},
    ("rnn", 32, 20, 32): {"fused": 0.942, "compiled": 0.671, "loop": 1.07},
    ("rnn", 32, 100, 64): {"fused": 5.67, "compiled": 1.89, "loop": 6.62},
    ("rnn", 32, 100, 256): {"fused": 19.6, "compiled": 11.1, "loop": 20.3},
    ("rnn", 128, 100, 128): {"fused": 23, "compiled": 13.4, "loop": 24.4},
    ("rnn", 32, 1000, 64): {"fused": 56.8, "compiled": 12.7, "loop": 67.4},
}
"""Medians of ``rnnlab bench`` on an Intel Xeon with AVX-512, 2 cores, 2 threads, torch 2.13, in
float32; the input has H features."""


class Cost(NamedTuple):
    """What a training step costs, in nanoseconds.

    Args:
        call: Whatever the size.
        step: For each step of time.
        product: For each step of time, row of the batch and parameter.
    """

    call: float
    step: float
    product: float


COSTS = {
    ("lstm", "loop"): Cost(0, 162e3, 0.045),
    ("lstm", "fused"): Cost(159e3, 29e3, 0.034),
    ("lstm", "compiled"): Cost(736e3, 16e3, 0.0265),
    ("gru", "loop"): Cost(0, 157e3, 0.043),
    ("gru", "fused"): Cost(0, 140e3, 0.039),
    ("gru", "compiled"): Cost(631e3, 18e3, 0.0243),
    ("rnn", "loop"): Cost(0, 54e3, 0.040),
    ("rnn", "fused"): Cost(0, 45e3, 0.039),
    ("rnn", "compiled"): Cost(534e3, 5.6e3, 0.026),
    ("lstm", "scan"): Cost(600e3, 8e3, 0.026),
}

COMPILING = 3.0
"""Seconds from the first call to the first result of a cell with nothing on disk: about two for
importing torch's compiler and tracing the step, and one or two for the C++ compiler."""


def training_seconds(engine: str, cell: Cell, batch: int, time: int) -> float:
    """Return about how long a training step takes, forward and backward.

    Args:
        engine: Its name.
        cell: What it runs.
        batch: B.
        time: T.
    """
    kind = "gru" if isinstance(cell, GRU) else "rnn" if isinstance(cell, RNN) else "lstm"
    cost = COSTS.get((kind, engine), COSTS["lstm", engine])
    weights = sum(parameter.numel() for parameter in cell.parameters())
    return (cost.call + time * (cost.step + cost.product * batch * weights)) * 1e-9


def fastest(
    able: dict[str, str],
    refusals: list[str],
    cell: Cell,
    batch: int,
    time: int,
    device: torch.device,
    steps: int | None,
) -> Choice:
    """Return the engine that finishes first, its compiling included.

    Args:
        able: The engines that can run the batch, in order, with what speaks for each.
        refusals: Why the others cannot.
        cell: What is to run.
        batch: B.
        time: T.
        device: Where.
        steps: How many batches this run will train on; None where nobody knows.
    """
    rival = next(name for name in able if name != "compiled")
    choice = Choice(rival, reason(rival, able, refusals))
    if steps is None or "compiled" not in able:
        return choice
    if device.type != "cpu":
        return replace(choice, detail=f"compiling is unmeasured on {device.type}")
    ours, theirs = (training_seconds(name, cell, batch, time) for name in ("compiled", rival))
    if ours >= theirs:
        return replace(choice, detail="compiled would be no faster")
    pays = round(COMPILING / (theirs - ours))
    detail = f"compiling pays after about {pays:,} steps, and there are {steps:,}"
    if steps > pays:
        why = reason("compiled", able, refusals)
        return Choice("compiled", why, detail, patience=steps * (theirs - ours))
    return replace(choice, detail=detail)


def reason(name: str, able: dict[str, str], refusals: list[str]) -> str:
    """Return why an engine is taken: always the same for a run, wherever it is resumed."""
    # The loop runs where nothing better can, and why not is what a person asks.
    return "; ".join(refusals) if name == "loop" else able[name]
