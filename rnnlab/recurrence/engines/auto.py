"""Which engine ``engine=auto`` takes: the rules, and the measurements behind them.

The rule: the engine that finishes the run first, compiling included.

1. A *rival* needs no compiling: torch's kernel where there is one, else the scan for an affine
   cell, else the loop.
2. ``compiled`` is taken instead where what it saves in a training step, times the steps of the
   run, exceeds the time to compile. Where nobody knows how many steps there will be (a model used
   without a trainer), nothing is compiled.
3. Elsewhere than on a CPU nothing has been measured, and the rival is taken.

A training step (forward and backward) of a batch takes about

    T * (fixed + product * B * weights)

where weights is the number of parameters of the cell: what is called or waited for at each step of
time, and what is multiplied. :data:`COSTS` are fitted to the measurements below.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn

from rnnlab.cells.base import Cell
from rnnlab.recurrence.engines.choice import Choice


class Cost(NamedTuple):
    """What one step of time costs, in nanoseconds, forward and backward.

    Args:
        fixed: Whatever the size.
        product: For each row of the batch and each parameter.
    """

    fixed: float
    product: float


COSTS = {
    "loop": Cost(300e3, 0.055),
    "fused": Cost(40e3, 0.032),
    "scan": Cost(5e3, 0.02),
    "compiled": Cost(15e3, 0.022),
}

COMPILING = 5.0
"""Seconds from the first call to the first result of a cell that was never compiled before."""


def training_seconds(engine: str, cell: nn.Module, batch: int, time: int) -> float:
    """Return about how long a training step takes, forward and backward."""
    weights = sum(parameter.numel() for parameter in cell.parameters())
    cost = COSTS[engine]
    return time * (cost.fixed + cost.product * batch * weights) * 1e-9


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
    why = "; ".join(refusals) if rival == "loop" else able[rival]
    if steps is None or "compiled" not in able:
        return Choice(rival, why)
    if device.type != "cpu":
        return Choice(rival, f"{why}; compiling is unmeasured on {device.type}")
    ours, theirs = (training_seconds(name, cell, batch, time) for name in ("compiled", rival))
    if ours >= theirs:
        return Choice(rival, why)
    pays = round(COMPILING / (theirs - ours))
    if steps > pays:
        reason = f"pays after about {pays:,} of {steps:,} steps"
        return Choice("compiled", reason, patience=steps * (theirs - ours))
    return Choice(
        rival, f"{why}; compiling pays after about {pays:,} steps, and there are {steps:,}"
    )
