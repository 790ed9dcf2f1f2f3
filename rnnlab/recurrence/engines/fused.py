"""Torch's own kernels."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor

from rnnlab.cells.base import Cell, FusedCell, Tree
from rnnlab.recurrence import tree
from rnnlab.recurrence.engines.engine import Engine
from rnnlab.recurrence.sequence import mask_padding


class Fused(Engine):
    """Runs a :class:`rnnlab.cells.FusedCell` by its ``fused`` method."""

    name = "fused"
    reason = "torch has a kernel for this cell"
    trace_refusal = "torch's kernels do not show the states between the steps"

    def cell_refusal(self, cell: Cell) -> str | None:
        """Refuse cells without a kernel, and those that changed the step of their parent."""
        kind = type(cell)
        if not isinstance(cell, FusedCell):
            return f"{kind.__name__} has no fused kernel"
        kernel = _definition(kind, "fused")
        for method in ("step", "project", "readout"):
            if _definition(kind, method) < kernel:
                return f"{kind.__name__} overrides {method}() but not fused()"
        return None

    def call_refusal(self, x: Tensor, lengths: Tensor | None, reset: Tensor | None) -> str | None:
        """Refuse reset masks, lengths without values, and vmap."""
        if reset is not None:
            return "a fused kernel cannot apply the reset mask"
        if lengths is not None and lengths.is_meta:
            return "a fused kernel needs the values of lengths, and they are on device meta"
        # vmap may batch the weights alone, so that x does not show it.
        if torch._C._functorch.maybe_current_level() is not None:
            return "torch's kernels have no batching rule for torch.func.vmap"
        return None

    def run(
        self, cell: Cell, x: Tensor, state: Tree, lengths: Tensor | None, reset: Tensor | None
    ) -> tuple[Tensor, Tree]:
        """Run all steps; see :meth:`Engine.run`."""
        kernel = cast("FusedCell[Tree]", cell).fused
        if lengths is None:
            return kernel(x, state, None)
        known = lengths.cpu()  # packing needs them on the host
        if bool((known == x.shape[1]).all()):
            return kernel(x, state, None)
        if bool((known > 0).all()):
            return kernel(x, state, known)
        # Kernels take no empty rows: these run one step on zeros, and nothing of it is kept.
        output, final = kernel(x, state, known.clamp(min=1))
        return mask_padding(output, lengths), tree.select(lengths > 0, final, state)


def _definition(kind: type, method: str) -> int:
    return next(i for i, base in enumerate(kind.__mro__) if method in vars(base))
