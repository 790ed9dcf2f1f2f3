"""The reference: one call of the cell's step after the other."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlab.cells.base import Cell, Tree
from rnnlab.data.batch import valid_steps
from rnnlab.recurrence import tree
from rnnlab.recurrence.engines.engine import Engine, Passed
from rnnlab.recurrence.sequence import mask_padding


class Loop(Engine):
    """Runs any cell. The input is projected, and the states read out, once for all steps."""

    name = "loop"
    reason = "runs any cell"
    trace_refusal = None

    def cell_refusal(self, cell: Cell) -> str | None:
        """Refuse nothing."""
        return None

    def call_refusal(self, x: Tensor, lengths: Tensor | None, reset: Tensor | None) -> str | None:
        """Refuse nothing."""
        return None

    def run(
        self, cell: Cell, x: Tensor, state: Tree, lengths: Tensor | None, reset: Tensor | None
    ) -> tuple[Tensor, Tree]:
        """Run all steps; see :meth:`Engine.run`."""
        passed = self._run(cell, x, state, lengths, reset, None)
        return passed.output, passed.final

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
        over_time = tree.unbind(added, 1) if tree.leaves(added) else None
        return self._run(cell, x, state, lengths, reset, over_time)

    def _run(
        self,
        cell: Cell,
        x: Tensor,
        state: Tree,
        lengths: Tensor | None,
        reset: Tensor | None,
        added: list[Tree] | None,
    ) -> Passed:
        B, T, _ = x.shape
        z = cell.project(x)
        valid = None if lengths is None else valid_steps(lengths, T, x).unbind(1)
        resets = None if reset is None else reset.unbind(1)
        initial = None if reset is None else cell.init_state(B)
        states = []
        for t, z_t in enumerate(tree.unbind(z, 1)):
            if resets is not None:
                # A reset in the padding must not touch the state that is returned.
                now = resets[t] if valid is None else resets[t] & valid[t]
                state = tree.select(now, initial, state)
            following = cell.step(z_t, state)
            if added is not None:
                following = tree.map_tensors(torch.add, following, added[t])
            state = following if valid is None else tree.select(valid[t], following, state)
            states.append(state)
        over_time = tree.stack(states, 1)
        return Passed(mask_padding(cell.readout(over_time, z), lengths), state, z, over_time)
