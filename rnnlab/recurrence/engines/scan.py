"""Affine recurrences: all coefficients at once, then one scan over time."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor

from rnnlab.cells.base import AffineCell, Cell, Tree
from rnnlab.cells.interpolating import InterpolatingCell
from rnnlab.recurrence.engines.affine_scan import scan
from rnnlab.recurrence.engines.engine import Engine, Passed
from rnnlab.recurrence.sequence import mask_padding


class Scan(Engine):
    """Runs an :class:`rnnlab.cells.AffineCell`."""

    name = "scan"
    reason = "the recurrence of this cell is affine"
    trace_refusal = None

    def cell_refusal(self, cell: Cell) -> str | None:
        """Refuse cells that are not affine, and those that changed the step."""
        kind = type(cell)
        if not isinstance(cell, AffineCell):
            return f"{kind.__name__} is not affine"
        if kind.step is not AffineCell.step:
            return f"{kind.__name__} overrides step()"
        return None

    def call_refusal(self, x: Tensor, lengths: Tensor | None, reset: Tensor | None) -> str | None:
        """Refuse nothing."""
        return None

    def run(
        self, cell: Cell, x: Tensor, state: Tree, lengths: Tensor | None, reset: Tensor | None
    ) -> tuple[Tensor, Tree]:
        """Run all steps; see :meth:`Engine.run`."""
        z = cell.project(x)
        interpolate = _interpolates(cell)
        if interpolate:
            a, b = cast("InterpolatingCell", cell).interpolation(z)
        else:
            a, b = cast("AffineCell", cell).coefficients(z)  # each (B, T, *)
        states = _states(cell, x, a, b, state, lengths, reset, interpolate)
        return mask_padding(cell.readout(states, z), lengths), states[:, -1]

    def trace(
        self,
        cell: Cell,
        x: Tensor,
        state: Tree,
        lengths: Tensor | None,
        reset: Tensor | None,
        added: Tree,
    ) -> Passed:
        """Run all steps and show them; see :meth:`Engine.trace`."""
        z = cell.project(x)
        a, b = cast("AffineCell", cell).coefficients(z)
        # What is added to b_t is added to the state after step t.
        states = _states(cell, x, a, b + added, state, lengths, reset, interpolate=False)
        return Passed(mask_padding(cell.readout(states, z), lengths), states[:, -1], z, states)


def _states(
    cell: Cell,
    x: Tensor,
    a: Tensor,
    b: Tensor,
    state: Tensor,
    lengths: Tensor | None,
    reset: Tensor | None,
    interpolate: bool,
) -> Tensor:
    B, T, _ = x.shape
    dtype = torch.result_type(a, state)
    # Many sums of rounded sums: halves are too short for them.
    exact = torch.float32 if dtype in (torch.bfloat16, torch.float16) else dtype
    return scan(
        a.to(exact),
        b.to(exact).expand(B, T, *state.shape[1:]),
        state.to(exact),
        None if reset is None else cell.init_state(B).to(exact),
        lengths,
        reset,
        interpolate,
    ).to(dtype)


def _interpolates(cell: Cell) -> bool:
    # A cell that changed the coefficients means what it says there.
    return (
        isinstance(cell, InterpolatingCell)
        and type(cell).coefficients is InterpolatingCell.coefficients
    )
