"""One step of a cell as a graph, with what each of its inputs is."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from torch.fx import GraphModule


@dataclass(frozen=True)
class StepGraph:
    """One step of a cell, traced.

    Args:
        module: The graph; its inputs are tensors, and numbers that stand for the batch size.
        z: Which input of the graph each leaf of the projected input is; None where it is unread.
        state: The same for the leaves of the state.
        weights: Which inputs are neither: parameters, buffers, closed-over tensors.
        following: Where each leaf of the next state comes from: an output of the graph, or, where
            the step hands on what it was given, ``("z", i)`` or ``("state", i)``.
        probes: The leaves of z and of the state that the step was traced with.
    """

    module: GraphModule
    z: list[int | None]
    state: list[int | None]
    weights: list[int]
    following: list[int | tuple[str, int]]
    probes: tuple[list[Tensor], list[Tensor]]
