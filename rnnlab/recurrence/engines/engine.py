"""What an engine is: one way to run a cell over time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor

from rnnlab.cells.base import Cell, Tree


class Engine(ABC):
    """Runs a cell over the steps of a batch; all engines agree with ``loop``.

    Attributes:
        name: What ``engine=`` calls it.
        reason: Why ``engine=auto`` takes it where it can, in a few words.
    """

    name: ClassVar[str]
    reason: ClassVar[str]

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
