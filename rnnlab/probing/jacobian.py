r"""The Jacobians of single steps, :math:`J_t = \partial s_t / \partial s_{t-1}`."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from rnnlab.errors import ConfigError
from rnnlab.probing.krylov import greatest_eigenvalue, greatest_singular_values
from rnnlab.probing.linearised import LinearisedStep
from rnnlab.probing.steps import Steps
from rnnlab.recurrence.trace import Trace

FORMED = 512
"""Up to this many state numbers J is formed: what is exact and whole costs no more than a part."""
KEPT = 8
"""How many singular values there are of a J that is not formed, unless others are asked for."""


@dataclass(frozen=True, eq=False)
class StepJacobians:
    """How each step stretches a small change of the state before it.

    All numbers are ratios, without a unit, in float64 on the CPU; steps are in the order of
    reading. They are NaN in the padding, at steps before which the state was reset (nothing passes
    there: J is zero), and where J is not finite.

    Args:
        values: The k greatest singular values of J, greatest first, ``(B, T, k)``.
        radii: Spectral radius of J: the greatest absolute value of an eigenvalue, ``(B, T)``; None
            where it was not asked for.
        states: The tensors of the state that were varied and read, such as ``("h", "c")``.
        size: N, the real numbers in them; a complex number is two.
        formed: Whether J was formed.
        resets: How many valid steps were left out because the state was reset.
    """

    values: Tensor
    radii: Tensor | None
    states: tuple[str, ...]
    size: int
    formed: bool
    resets: int

    @property
    def norms(self) -> Tensor:
        """Spectral norm of J: its greatest singular value, ``(B, T)``."""
        return self.values[..., 0]


def step_jacobians(
    trace: Trace,
    state: str | None = None,
    *,
    values: int | None = None,
    radius: bool = True,
    sequences: int | None = None,
) -> StepJacobians:
    r"""Measure the Jacobians of all valid steps of a layer.

    The states between the steps are known, so all steps are linearised at once. Up to 512 state
    numbers J is formed, by N products for each step, and decomposed, which costs more than the
    products and gives every singular value. Of a larger state products alone give the k greatest
    singular values and the spectral radius, by methods of Krylov. Memory is linear in T.

    For the whole state of an LSTM J is :math:`\partial (h_t, c_t) / \partial (h_{t-1}, c_{t-1})`;
    ``state="h"`` takes its block :math:`\partial h_t / \partial h_{t-1}`, with c held.

    Args:
        trace: What passed in the layer; the result has its precision (see
            :func:`rnnlab.probing.precision.in_double`).
        state: One tensor of the state, by name; None for the whole state.
        values: k, how many singular values to keep; None for all where J is formed, else 8.
        radius: Whether to compute the spectral radius, which takes most of the time.
        sequences: How many of the batch to measure, the first ones; None for all.

    Raises:
        ConfigError: There is no such tensor, or a number is out of range.
        ValueError: There is no valid step.
    """
    steps = Steps(trace, state, sequences)
    N, formed = steps.size, steps.size <= FORMED
    if values is None:
        values = N if formed else min(N, KEPT)
    if not 1 <= values <= N:
        raise ConfigError(
            f"must be from 1 to {N}, the size of the state", key="values", value=values
        )
    found = torch.full((*steps.used.shape, values), torch.nan, dtype=torch.float64)
    radii = torch.full(steps.used.shape, torch.nan, dtype=torch.float64)
    # A space of Krylov's is a basis and its images, each as large as J at worst.
    for (b, t), step in steps.linearised(N * N if formed else 2 * N * N):
        measured = _by_forming(step, radius) if formed else _by_products(step, values, radius)
        found[b.cpu(), t.cpu()] = measured[0][:, :values]
        radii[b.cpu(), t.cpu()] = measured[1]
    resets = int((steps.valid & ~steps.used).sum())
    return StepJacobians(found, radii if radius else None, steps.names, N, formed, resets)


def jacobian_matrices(
    trace: Trace, state: str | None = None, *, sequences: int | None = None
) -> Tensor:
    """Return the Jacobians themselves: ``(B, T, N, N)`` float64 on the CPU, rows by what is read.

    They are NaN in the padding, and zero at steps before which the state was reset. Arguments and
    errors are those of :func:`step_jacobians`.
    """
    steps = Steps(trace, state, sequences)
    shape = (*steps.used.shape, steps.size, steps.size)
    found = torch.full(shape, torch.nan, dtype=torch.float64)
    found[(steps.valid & ~steps.used).cpu()] = 0
    for (b, t), step in steps.linearised(steps.size**2):
        found[b.cpu(), t.cpu()] = step.matrices().cpu().double()
    return found


def _by_forming(step: LinearisedStep, radius: bool) -> tuple[Tensor, Tensor]:
    """Return all singular values ``(R, N)``, and spectral radii ``(R,)`` where asked for."""
    J = step.matrices().cpu()
    finite = J.isfinite().all(-1).all(-1)
    values = torch.full(J.shape[:2], torch.nan, dtype=torch.float64)
    radii = torch.full(J.shape[:1], torch.nan, dtype=torch.float64)
    values[finite] = torch.linalg.svdvals(J[finite]).double()
    if radius:
        radii[finite] = torch.linalg.eigvals(J[finite]).abs().amax(-1).double()
    return values, radii


def _by_products(step: LinearisedStep, k: int, radius: bool) -> tuple[Tensor, Tensor]:
    """Return the k greatest singular values ``(R, k)``, and radii ``(R,)`` where asked for."""
    values = torch.full((step.rows, k), torch.nan, dtype=torch.float64)
    radii = torch.full((step.rows,), torch.nan, dtype=torch.float64)
    finite = step.pull(torch.ones_like(step.vector)[:, None]).isfinite().all(-1)[:, 0]
    if not finite.any():
        return values, radii
    step, rows = step.take(finite), finite.cpu()
    found = greatest_singular_values(step.push, step.pull, step.vector, k)
    values[rows] = found.cpu().double()
    if radius:
        radii[rows] = greatest_eigenvalue(step.push, step.vector).cpu().double()
    return values, radii
