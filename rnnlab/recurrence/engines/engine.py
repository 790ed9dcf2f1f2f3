"""What an engine is: one way to run a cell over time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, NamedTuple

from torch import Tensor

from rnnlab.cells.base import Cell, Tree


class Passed(NamedTuple):
    """What passed while an engine was looked at; see :meth:`Engine.trace`.

    Args:
        output: ``(B, T, H)``, zero in the padding.
        final: The state after the last valid steps.
        z: The projected input, leaves ``(B, T, *)``.
        states: The state after each step, leaves ``(B, T, *)``; in the padding it stays.
    """

    output: Tensor
    final: Tree
    z: Tree
    states: Tree


class Engine(ABC):
    """Runs a cell over the steps of a batch; all engines agree with ``loop``.

    Attributes:
        name: What ``engine=`` calls it.
        reason: Why ``engine=auto`` takes it where it can, in a few words.
        trace_refusal: Why it cannot show the states between the steps, or None if it can.
    """

    name: ClassVar[str]
    reason: ClassVar[str]
    trace_refusal: ClassVar[str | None] = "it does not show the states between the steps"

    @abstractmethod
    def cell_refusal(self, cell: Cell) -> str | None:
        """Return why it can never run this cell, or None if it can."""

    @abstractmethod
    def call_refusal(self, x: Tensor, lengths: Tensor | None, reset: Tensor | None) -> str | None:
        """Return why it cannot run this batch, or None if it can."""

    @abstractmethod
    def run(
        self, cell: Cell, x: Tensor, state: Tree, lengths: Tensor | None, reset: Tensor | None
    ) -> tuple[Tensor, Tree]:
        """Run all steps, forwards.

        Args:
            cell: What to run.
            x: ``(B, T, F)`` with B and T at least 1, zero in the padding.
            state: The state before the first step.
            lengths: ``(B,)`` int64 valid steps, 0 allowed; None for T.
            reset: ``(B, T)`` bool, True where the state returns to the initial one before a step.

        Returns:
            Output ``(B, T, H)``, zero in the padding, and the state after the last valid steps.
        """

    def trace(
        self,
        cell: Cell,
        x: Tensor,
        state: Tree,
        lengths: Tensor | None,
        reset: Tensor | None,
        added: Tree,
    ) -> Passed:
        """Run all steps as :meth:`run` does, and show what passes.

        Args:
            cell: See :meth:`run`.
            x: See :meth:`run`.
            state: See :meth:`run`.
            lengths: See :meth:`run`.
            reset: See :meth:`run`.
            added: Of the state's structure, leaves ``(B, T, *)``: is added to the state after each
                valid step, before the next step and ``readout`` read it. Where it is zero, the
                gradient of a loss by it is the adjoint of the state.

        Raises:
            NotImplementedError: There is a ``trace_refusal``.
        """
        raise NotImplementedError(self.trace_refusal)
