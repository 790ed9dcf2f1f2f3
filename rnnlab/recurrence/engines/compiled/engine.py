"""The engine that compiles the step of a cell."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from math import inf
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from rnnlab.cells.base import Cell, Tree
from rnnlab.data.batch import valid_steps
from rnnlab.recurrence import tree
from rnnlab.recurrence.engines.compiled.failure import CompileFailed, CompileTooSlow
from rnnlab.recurrence.engines.engine import Engine
from rnnlab.recurrence.sequence import mask_padding

if TYPE_CHECKING:
    from rnnlab.recurrence.engines.compiled.compilation import Compilation


class Compiled(Engine):
    """Runs any cell whose step can be traced as one graph."""

    name = "compiled"
    reason = "the step of this cell is compiled"
    trace_refusal = "a compiled chunk of steps does not show the states between them"

    def __init__(self) -> None:
        self._compilations: WeakKeyDictionary[Cell, Compilation] = WeakKeyDictionary()
        self._failures: WeakKeyDictionary[Cell, str] = WeakKeyDictionary()

    def cell_refusal(self, cell: Cell) -> str | None:
        """Refuse what an attempt has shown to be impossible."""
        return self._failures.get(cell)

    def call_refusal(self, x: Tensor, lengths: Tensor | None, reset: Tensor | None) -> str | None:
        """Refuse what is itself being traced, and what has no memory."""
        if torch._C._functorch.maybe_current_level() is not None:
            return "a compiled step has no batching rule for torch.func.vmap"
        if torch.compiler.is_compiling():
            return "a compiled step cannot be compiled again"
        if x.is_meta:
            return "a compiled step does not run on device meta"
        return None

    def run(
        self,
        cell: Cell,
        x: Tensor,
        state: Tree,
        lengths: Tensor | None,
        reset: Tensor | None,
        patience: float = inf,
    ) -> tuple[Tensor, Tree]:
        """Run all steps; see :meth:`Engine.run`.

        Args:
            cell: See :meth:`Engine.run`.
            x: See :meth:`Engine.run`.
            state: See :meth:`Engine.run`.
            lengths: See :meth:`Engine.run`.
            reset: See :meth:`Engine.run`.
            patience: How many seconds compiling may take.

        Raises:
            CompileFailed: The step cannot be compiled; nothing has been computed.
            CompileTooSlow: It can, but not as fast as that; nothing has been computed.
        """
        try:
            return self._run(cell, x, state, lengths, reset, patience)
        except (CompileFailed, CompileTooSlow) as error:
            self._failures[cell] = str(error)
            raise

    def _run(
        self,
        cell: Cell,
        x: Tensor,
        state: Tree,
        lengths: Tensor | None,
        reset: Tensor | None,
        patience: float,
    ) -> tuple[Tensor, Tree]:
        # Importing torch's compiler takes a second, which only those spend who compile.
        from rnnlab.recurrence.engines.compiled.compilation import Compilation
        from rnnlab.recurrence.engines.compiled.over_time import Sequence, run_over_time

        B, T = x.shape[0], x.shape[1]
        z = cell.project(x.transpose(0, 1))  # by steps: what a step reads lies together
        compilation = self._compilations.get(cell)
        if compilation is None:
            compilation = self._compilations[cell] = Compilation()
        program, lowering, weights = compilation(cell, z, state, x.device, patience)
        valid = None if lengths is None else valid_steps(lengths, T, x).t().contiguous()
        if reset is not None:
            reset = reset.t() if valid is None else reset.t() & valid
        sequence = Sequence(
            z=tree.leaves(z),
            state=tree.leaves(state),
            initial=[] if reset is None else tree.leaves(cell.init_state(B)),
            weights=weights,
            valid=valid,
            reset=reset,
        )
        with _without_autocast(x.device.type):
            states, last = run_over_time(program, lowering, sequence)
        output = cell.readout(tree.with_leaves(state, states), z).transpose(0, 1)
        return mask_padding(output, lengths), tree.with_leaves(state, last)


def _without_autocast(device: str) -> AbstractContextManager[None]:
    """Leave the traced step as it is: it holds the conversions of its autocast."""
    if torch.is_autocast_enabled(device):
        return torch.autocast(device, enabled=False)
    return nullcontext()
