"""A cell over time."""

from __future__ import annotations

import logging
from collections.abc import Callable

import torch
from torch import Tensor

from rnnlab.cells.base import Cell, Tree
from rnnlab.recurrence.engines import Choice, check_engine, run
from rnnlab.recurrence.layer import Layer
from rnnlab.recurrence.sequence import (
    check_sequence,
    mask_padding,
    reverse_padded,
    reverse_reset,
)

_log = logging.getLogger(__name__)

Tracer = Callable[["Recurrent", Tensor, Tree, Tensor | None, Tensor | None], tuple[Tensor, Tree]]
"""Runs a layer in place of its engine; see :func:`rnnlab.recurrence.trace.traced`."""


class Recurrent(Layer):
    """Runs any cell over a sequence, in one direction.

    Args:
        cell: The step.
        engine: How time is run: ``auto``, or a name that is either used or refused with a reason.
        reverse: Whether to read from each row's last valid step to its first.

    Attributes:
        choice: The engine that ran last, and why; None before the first run.
        expected_steps: How many batches there will be to train on, which ``auto`` weighs against
            the time to compile; None where nobody knows.
        preferred: The engine that ran the first batch in training, which ``auto`` takes again
            wherever it can: a run does not change its engine with the lengths of its batches, nor
            where it is resumed. None lets ``auto`` choose anew.
        tracer: Runs it where somebody looks at the states between the steps; else None.

    Raises:
        ConfigError: There is no such engine, or it cannot run this cell.

    Example:
        >>> from rnnlab.cells import LSTM
        >>> output, (h, c) = Recurrent(LSTM(3, hidden_size=8))(torch.randn(2, 5, 3))
        >>> output.shape
        torch.Size([2, 5, 8])
    """

    choice: Choice | None
    expected_steps: int | None
    preferred: str | None
    tracer: Tracer | None

    def __init__(self, cell: Cell, engine: str = "auto", reverse: bool = False) -> None:
        super().__init__()
        check_engine(engine, cell)
        self.cell, self.engine, self.reverse = cell, engine, reverse
        self.input_size, self.output_size = cell.input_size, cell.output_size
        self.causal = not reverse
        self.choice = self.expected_steps = self.preferred = self.tracer = None

    def init_state(self, batch_size: int) -> Tree:
        """Return the state of the cell before the first step."""
        return self.cell.init_state(batch_size)

    def forward(
        self,
        x: Tensor,
        state: Tree = None,
        lengths: Tensor | None = None,
        reset: Tensor | None = None,
    ) -> tuple[Tensor, Tree]:
        """Run all steps; see :meth:`Layer.forward`."""
        check_sequence(x, self.input_size, lengths, reset)
        B, T, _ = x.shape
        if state is None:
            state = self.cell.init_state(B)
        if B == 0 or T == 0:
            return x.new_zeros(B, T, self.output_size), state
        x = mask_padding(x, lengths)
        if self.reverse:
            x = reverse_padded(x, lengths)
            reset = None if reset is None else reverse_reset(reset, lengths)
        if self.tracer is not None:
            output, state = self.tracer(self, x, state, lengths, reset)
            return (reverse_padded(output, lengths) if self.reverse else output), state
        output, state, self.choice = run(
            self.engine, self.cell, x, state, lengths, reset, self.expected_steps, self.preferred
        )
        if self.preferred is None and self.training and torch.is_grad_enabled():
            self.preferred = self.choice.name
            detail = f"; {self.choice.detail}" if self.choice.detail else ""
            _log.info("%s runs by engine %s%s", type(self.cell).__name__, self.choice, detail)
        return (reverse_padded(output, lengths) if self.reverse else output), state

    def step(self, x: Tensor, state: Tree) -> tuple[Tensor, Tree]:
        """Run one step; see :meth:`Layer.step`."""
        if self.reverse:
            raise ValueError("a layer that reads backwards has no next step")
        z = self.cell.project(x)
        state = self.cell.step(z, state)
        return self.cell.readout(state, z), state

    def extra_repr(self) -> str:
        """Return the engine and the direction, for ``print``."""
        return f"engine={self.engine}, reverse={self.reverse}"
