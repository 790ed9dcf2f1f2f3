"""What has been compiled of one cell."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlab.cells.base import Cell, Tree
from rnnlab.recurrence.engines.compiled.capture import Capture, StepGraph
from rnnlab.recurrence.engines.compiled.interpreted import Interpreted
from rnnlab.recurrence.engines.compiled.joint import joint_graph
from rnnlab.recurrence.engines.compiled.lowering import Lowering
from rnnlab.recurrence.engines.compiled.partition import partition
from rnnlab.recurrence.engines.compiled.program import StepProgram


class Compilation:
    """The programs of one cell: one for each graph that its step has been traced to.

    A graph is traced anew where dtypes, autocast or attributes of the cell change.
    """

    def __init__(self) -> None:
        self._capture = Capture()
        self._programs: dict[int, tuple[StepGraph, StepProgram, Lowering]] = {}

    def __call__(
        self, cell: Cell, z: Tree, state: Tree, device: torch.device
    ) -> tuple[StepProgram, Lowering, list[Tensor]]:
        """Return the program of the cell, what runs it, and the weights as they are now.

        Args:
            cell: Always the same one.
            z: The projected input of all steps, leaves ``(T, B, ...)``.
            state: A state, leaves ``(B, ...)``.
            device: Where they are.

        Raises:
            CompileFailed: The step cannot be compiled.
        """
        graph, weights = self._capture(cell, z, state)
        known = self._programs.get(id(graph))
        if known is None:
            program = partition(joint_graph(graph))
            known = self._programs[id(graph)] = (graph, program, lower(program, device))
        return known[1], known[2], weights


def lower(program: StepProgram, device: torch.device) -> Lowering:
    """Return what runs a program on a device."""
    return Interpreted(program)
