"""The reference lowering: the graphs of a step run one after the other, as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from rnnlab.recurrence.engines.compiled.lowering import Adjoint, Forward, Lowering

if TYPE_CHECKING:
    from torch.fx import GraphModule

    from rnnlab.recurrence.engines.compiled.program import StepProgram

Leaf = Tensor | None


class Interpreted(Lowering):
    """Runs a program on any device, one operation at a time; the others must agree with it.

    Args:
        program: What to run.
    """

    def __init__(self, program: StepProgram) -> None:
        self.program = program

    def forward(
        self,
        z: list[Tensor],
        state: list[Tensor],
        constants: list[Tensor],
        valid: Tensor | None,
        reset: Tensor | None,
        initial: list[Tensor] | None,
        save: bool,
    ) -> Forward:
        """Run T steps; see :meth:`Lowering.forward`."""
        leaves = self.program.leaves
        states: list[list[Tensor]] = [list(state)]
        rows: list[list[Tensor]] = []
        for t in range(_steps(z, valid)):
            before = _returned(states[-1], reset, initial, t)
            results = _run(self.program.forward, [leaf[t] for leaf in z], before, constants)
            after = [_present(leaf) for leaf in results[: leaves.state]]
            if valid is not None:
                pairs = zip(after, states[-1], strict=True)
                after = [torch.where(rows_like(valid[t], new), new, old) for new, old in pairs]
            states.append(after)
            rows.append([_present(row) for row in results[leaves.state :]])
        stacked = [torch.stack(each) for each in zip(*states, strict=True)]
        saved = [torch.stack(each) for each in zip(*rows, strict=True)] if save else []
        return Forward(stacked, saved)

    def adjoint(
        self,
        z: list[Tensor],
        states: list[Tensor],
        saved: list[Tensor],
        constants: list[Tensor],
        gradients: list[Tensor | None],
        valid: Tensor | None,
        reset: Tensor | None,
        initial: list[Tensor] | None,
    ) -> Adjoint:
        """Run T steps backwards; see :meth:`Lowering.adjoint`."""
        carried = [torch.zeros_like(leaf[0]) for leaf in states]
        returned = None if reset is None else [torch.zeros_like(leaf[0]) for leaf in states]
        following: list[list[Tensor]] = []
        deferred: list[list[Tensor]] = []
        for t in reversed(range(states[0].shape[0] - 1)):
            pairs = zip(carried, gradients, strict=True)
            after = [λ if leaf is None else λ + leaf[t] for λ, leaf in pairs]
            seen = after if valid is None else [_kept(valid[t], λ) for λ in after]
            results = _run(
                self.program.adjoint,
                [None if leaf is None else leaf[t] for leaf in z],
                _returned([leaf[t] for leaf in states], reset, initial, t),
                [leaf[t + 1] for leaf in states],
                [row[t] for row in saved],
                constants,
                seen,
            )
            before = results[: self.program.leaves.state]
            pairs_before = zip(before, after, strict=True)
            carried = [torch.zeros_like(λ) if leaf is None else leaf for leaf, λ in pairs_before]
            rows = [_present(row) for row in results[self.program.leaves.state :]]
            if valid is not None:
                # Selected, not multiplied: what a step makes of padding may be NaN.
                masks = (rows_like(valid[t], λ) for λ in after)
                carried = [
                    torch.where(mask, new, old)
                    for mask, new, old in zip(masks, carried, after, strict=True)
                ]
                rows = [_kept(valid[t], row) for row in rows]
            if reset is not None and returned is not None:
                back = zip(returned, carried, strict=True)
                returned = [total + _kept(reset[t], λ) for total, λ in back]
                carried = [_kept(~reset[t], λ) for λ in carried]
            following.append(seen)
            deferred.append(rows)
        return Adjoint(
            state=carried,
            initial=returned,
            following=[
                torch.stack(each[::-1]) if read else None
                for each, read in zip(
                    zip(*following, strict=True), follows(self.program), strict=True
                )
            ],
            deferred=[torch.stack(each[::-1]) for each in zip(*deferred, strict=True)],
        )


def follows(program: StepProgram) -> list[bool]:
    """Return for each leaf of the state whether the gradients read its λ."""
    leaves = program.leaves
    first = leaves.z + 2 * leaves.state + leaves.saved + leaves.deferred
    return [first + leaf in program.reads["gradients"] for leaf in range(leaves.state)]


def rows_like(mask: Tensor, tensor: Tensor) -> Tensor:
    """Return a mask ``(B,)`` with as many axes as a tensor ``(B, ...)``."""
    return mask.reshape(-1, *(1,) * (tensor.dim() - 1))


def _steps(z: list[Tensor], valid: Tensor | None) -> int:
    return z[0].shape[0] if valid is None else valid.shape[0]


def _run(graph: GraphModule, *parts: list[Tensor] | list[Leaf]) -> list[Leaf]:
    return list(graph(*(leaf for part in parts for leaf in part)))


def _present(leaf: Leaf) -> Tensor:
    assert leaf is not None, "a graph returned None where a value is needed"
    return leaf


def _returned(
    state: list[Tensor], reset: Tensor | None, initial: list[Tensor] | None, t: int
) -> list[Tensor]:
    """Return the state that step t begins with."""
    if reset is None or initial is None:
        return state
    pairs = zip(initial, state, strict=True)
    return [torch.where(rows_like(reset[t], old), first, old) for first, old in pairs]


def _kept(mask: Tensor, tensor: Tensor) -> Tensor:
    return torch.where(rows_like(mask, tensor), tensor, 0)
