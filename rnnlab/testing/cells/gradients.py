"""Rules on gradients."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd.gradcheck import GradcheckError
from torch.func import functional_call

from rnnlab.recurrence import Recurrent, tree
from rnnlab.testing.cells.subject import (
    CellSubject,
    differentiable,
    inputs,
    not_applicable,
    reached_state,
    smooth_leaves,
)
from rnnlab.testing.rule import rule


class GradientRules(CellSubject):
    """Derivatives are right, and nothing is left without one."""

    @rule("test_engines_agree_with_the_loop")
    def test_gradcheck(self) -> None:
        """Gradients must be the derivatives of what is computed."""
        layer = Recurrent(self.cell(), "loop")
        weights = {name: value for name, value in layer.named_parameters() if value.requires_grad}
        x, state = inputs(2, 3).requires_grad_(), differentiable(reached_state(self.cell(), 2))
        wanted = [x, *smooth_leaves(state), *weights.values()]

        def run(x: Tensor, *others: Tensor) -> tuple[Tensor, ...]:
            remaining = iter(others)
            start = tree.map_tensors(
                lambda leaf: next(remaining) if leaf.requires_grad else leaf, state
            )
            named = dict(zip(weights, remaining, strict=True))
            output, last = functional_call(layer, named, (x, start))
            return output, *smooth_leaves(last)

        try:
            torch.autograd.gradcheck(run, tuple(wanted), fast_mode=True)
        except GradcheckError as error:
            raise AssertionError(
                f"gradients through 3 steps are not the derivatives ({_first_line(error)}): detach "
                "nothing, use no .data and no torch.no_grad() in step, and check the backward of "
                "a torch.autograd.Function of your own"
            ) from error

    @rule("test_engines_agree_with_the_loop")
    def test_every_parameter_is_used(self) -> None:
        """Every parameter must have an effect on the outputs."""
        cell = self.cell()
        weights = {name: value for name, value in cell.named_parameters() if value.requires_grad}
        if not weights:
            raise not_applicable("the cell has no parameters")
        output, _ = Recurrent(cell, "loop")(inputs(2, 4))
        loss = torch.view_as_real(output).sum() if output.is_complex() else output.sum()
        found: tuple[Tensor | None, ...] = (
            torch.autograd.grad(loss, list(weights.values()), allow_unused=True)
            if loss.requires_grad
            else (None,) * len(weights)
        )
        unused = [name for name, value in zip(weights, found, strict=True) if value is None]
        assert not unused, (
            f"no gradient reaches {', '.join(unused)} within 4 steps: use it in project, step or "
            "readout, or remove it (distributed training fails on unused parameters)"
        )


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), "")
