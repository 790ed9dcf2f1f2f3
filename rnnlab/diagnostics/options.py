"""What a person may ask of a look inside a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rnnlab.data.dataset import Part
from rnnlab.probing.flow import Whose

Moments = Literal["all", "untrained", "best", "last"]


@dataclass(frozen=True)
class Options:
    """How a network is looked at.

    Args:
        part: Which part of the data.
        sequences: How many of it, the first ones.
        whose: Which steps' loss is differentiated; see :func:`rnnlab.probing.flow.measure_flow`.
        engine: What runs the layers; None for the quickest that can be looked into.
        row: Which sequence's gates and states are shown step by step.
        jacobians: Whether to measure step Jacobians and Lyapunov exponents, which take longest.
    """

    part: Part = "val"
    sequences: int = 32
    whose: Whose = "last"
    engine: str | None = None
    row: int = 0
    jacobians: bool = True
