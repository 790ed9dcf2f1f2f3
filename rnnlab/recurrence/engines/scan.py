"""Affine recurrences: all coefficients at once, then one product and one sum for each step."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx

from rnnlab.cells.base import AffineCell, Cell, Tree
from rnnlab.data.batch import valid_steps
from rnnlab.recurrence.engines.engine import Engine
from rnnlab.recurrence.sequence import mask_padding


class Scan(Engine):
    """Runs an :class:`rnnlab.cells.AffineCell`."""

    name = "scan"
    reason = "the recurrence of this cell is affine"

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
        B, T, _ = x.shape
        z = cell.project(x)
        a, b = cast("AffineCell", cell).coefficients(z)  # each (B, T, *)
        dtype = torch.result_type(a, state)
        a, b = torch.broadcast_tensors(a.to(dtype), b.to(dtype))
        if reset is not None:
            # Before such a step the state is the initial one, whatever it was.
            mask = _like(reset, a)
            b = torch.where(mask, a * cell.init_state(B).unsqueeze(1) + b, b)
            a = torch.where(mask, torch.zeros_like(a), a)
        if lengths is not None:
            # In the padding the state stays as it is.
            mask = _like(valid_steps(lengths, T, x), a)
            a = torch.where(mask, a, torch.ones_like(a))
            b = torch.where(mask, b, torch.zeros_like(b))
        states = scan(a, b, state.to(dtype))
        return mask_padding(cell.readout(states, z), lengths), states[:, -1]


def scan(a: Tensor, b: Tensor, state: Tensor) -> Tensor:
    """Return all states of ``s_t = a_t * s_{t-1} + b_t``.

    Args:
        a: ``(B, T, *)``.
        b: ``(B, T, *)``.
        state: ``(B, *)``, the one before the first step.

    Returns:
        ``(B, T, *)``. Differentiable any number of times, and by ``torch.func.vmap`` too.
    """
    states: Tensor = _Scan.apply(a, b, state)
    return states


class _Scan(torch.autograd.Function):
    # With s_t = a_t s_{t-1} + b_t the adjoint of the states is a scan itself, backwards in time:
    # g_t = dL/ds_t + conj(a_{t+1}) g_{t+1}. Then dL/db_t = g_t and dL/da_t = conj(s_{t-1}) g_t.
    generate_vmap_rule = True

    @staticmethod
    def forward(a: Tensor, b: Tensor, state: Tensor) -> Tensor:
        states = []
        for a_t, b_t in zip(a.unbind(1), b.unbind(1), strict=True):
            state = torch.addcmul(b_t, a_t, state)
            states.append(state)
        return torch.stack(states, 1)

    @staticmethod
    def setup_context(ctx: FunctionCtx, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        a, _, state = inputs
        ctx.save_for_backward(a, state, output)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        a, state, states = ctx.saved_tensors
        (gradient,) = gradients
        following = torch.cat([a[:, 1:], torch.zeros_like(a[:, :1])], 1).conj()
        adjoint = scan(following.flip(1), gradient.flip(1), torch.zeros_like(state)).flip(1)
        before = torch.cat([state.unsqueeze(1), states[:, :-1]], 1)
        return before.conj() * adjoint, adjoint, a[:, 0].conj() * adjoint[:, 0]


def _like(mask: Tensor, tensor: Tensor) -> Tensor:
    """Return a mask ``(B, T)`` with as many axes as a tensor ``(B, T, *)``."""
    return mask.reshape(*mask.shape, *(1,) * (tensor.dim() - 2))
