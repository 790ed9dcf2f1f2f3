"""What has been compiled of one cell."""

from __future__ import annotations

from math import inf

import torch
from torch import Tensor

from rnnlab.cells.base import Cell, Tree
from rnnlab.recurrence.engines.compiled.capture import Capture
from rnnlab.recurrence.engines.compiled.chunks import Chunks
from rnnlab.recurrence.engines.compiled.failure import CompileTooSlow
from rnnlab.recurrence.engines.compiled.joint import joint_graph
from rnnlab.recurrence.engines.compiled.lowering import Lowering
from rnnlab.recurrence.engines.compiled.native import Native, NotLowered
from rnnlab.recurrence.engines.compiled.partition import partition
from rnnlab.recurrence.engines.compiled.program import StepProgram
from rnnlab.recurrence.engines.compiled.step_graph import StepGraph

INDUCTOR_SECONDS = 40.0
"""What Inductor may take for a cell, with nothing on disk; C++ of our own takes a few seconds."""


class Compilation:
    """The programs of one cell: one for each graph that its step has been traced to.

    A graph is traced anew where dtypes, autocast or attributes of the cell change.
    """

    def __init__(self) -> None:
        self._capture = Capture()
        self._programs: dict[int, tuple[StepGraph, StepProgram, Lowering]] = {}

    def __call__(
        self, cell: Cell, z: Tree, state: Tree, device: torch.device, patience: float = inf
    ) -> tuple[StepProgram, Lowering, list[Tensor]]:
        """Return the program of the cell, what runs it, and the weights as they are now.

        Args:
            cell: Always the same one.
            z: The projected input of all steps, leaves ``(T, B, ...)``.
            state: A state, leaves ``(B, ...)``.
            device: Where they are.
            patience: How many seconds compiling may take.

        Raises:
            CompileFailed: The step cannot be compiled.
            CompileTooSlow: It can, but not as fast as that.
        """
        graph, weights = self._capture(cell, z, state)
        known = self._programs.get(id(graph))
        if known is None:
            program = partition(joint_graph(graph))
            known = self._programs[id(graph)] = (graph, program, lower(program, device, patience))
        return known[1], known[2], weights


def lower(program: StepProgram, device: torch.device, patience: float = inf) -> Lowering:
    """Return what runs a program: C++ of our own on a CPU, and what Inductor makes elsewhere.

    Raises:
        CompileTooSlow: It takes Inductor, and Inductor takes longer than ``patience``.
    """
    why = f"on {device.type}"
    if device.type == "cpu":
        try:
            return Native(program)
        except NotLowered as refusal:
            why = str(refusal)
    if patience < INDUCTOR_SECONDS:
        raise CompileTooSlow(
            f"Inductor would take about {INDUCTOR_SECONDS:.0f} s to compile ({why})"
        )
    return Chunks(program, cudagraphs=device.type == "cuda")
