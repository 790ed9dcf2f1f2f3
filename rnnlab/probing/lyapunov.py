r"""Lyapunov exponents: how fast small changes of the state grow or shrink in the long run.

.. math:: \lambda_i = \lim_{n \to \infty} \frac 1 n \ln \sigma_i(J_n \cdots J_2 J_1)

By the method of Benettin et al. 1980 (https://doi.org/10.1007/BF02128236): k orthonormal vectors
are carried along by products with the step Jacobians, :math:`J_t Q_{t-1} = Q_t R_t`, and the
logarithms of the diagonal of R are averaged. For recurrent networks: Engelken, Wolf & Abbott 2020
(arXiv:2006.02427), and on trained ones, driven by data, Vogt et al. 2022
(https://doi.org/10.3389/fams.2022.818799).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from rnnlab.cells.base import Cell, Tree
from rnnlab.errors import ConfigError
from rnnlab.probing.linearised import LinearisedStep
from rnnlab.probing.steps import Steps
from rnnlab.recurrence import tree
from rnnlab.recurrence.trace import Trace

ALL = 128
"""Up to this many state numbers there are all exponents, unless others are asked for."""
SOME = 16
"""How many there are of a larger state."""


@dataclass(frozen=True, eq=False)
class LyapunovExponents:
    """Exponents in nats per step, greatest first, in float64 on the CPU.

    One is -inf where a direction dies within a step, as far as the precision tells: where J is
    singular, as that of units that are off, or of fewer hidden units than outputs.

    Args:
        exponents: The k greatest, each averaged over all counted steps of all sequences, ``(k,)``.
        errors: Their standard errors over sequences, ``(k,)``; NaN where there is only one, and
            where the exponent is not finite.
        sequences: Those of each sequence by itself, ``(B, k)``, in the order of ``exponents``; NaN
            where no step was counted.
        steps: The counted steps of each sequence, ``(B,)`` int64.
        size: N, the real numbers in the state; a complex number is two.
    """

    exponents: Tensor
    errors: Tensor
    sequences: Tensor
    steps: Tensor
    size: int


def lyapunov_exponents(
    trace: Trace,
    k: int | None = None,
    *,
    every: int = 1,
    warm_up: int = 0,
    sequences: int | None = None,
) -> LyapunovExponents:
    """Measure the exponents along the states that the inputs of a batch drove a layer through.

    Padding is left out. So is a step before which the state was reset (nothing passes it, and one
    such step would make every exponent -inf); the vectors stay as they are, and warm up anew.

    Args:
        trace: What passed in the layer. The exponents have its precision, and small ones need
            float64: see :func:`rnnlab.probing.precision.in_double`.
        k: How many, from the greatest; None for all of a state of at most 128 numbers, else 16.
        every: Steps from one orthonormalisation to the next. More are faster, and lose exponents
            that differ from the greatest by more than about 36 nats (in float64) in that time.
        warm_up: Steps of each sequence that turn the vectors but are not counted.
        sequences: How many of the batch to measure, the first ones; None for all.

    Raises:
        ConfigError: A number is out of range, or no step is left after the warm-up.
        ValueError: There is no valid step.
    """
    steps = Steps(trace, sequences=sequences)
    used = steps.used
    B, T = used.shape
    tangents = _Tangents(B, steps.size, _checked(k, steps.size, every, warm_up), warm_up)
    for t in range(T):
        rows = used[:, t].nonzero()[:, 0]
        cut = (steps.valid & ~used)[:, t]
        if cut.any():
            tangents.renormalise()
            tangents.begin(cut.cpu())
        if len(rows):
            tangents.carry(steps.at(rows, torch.full_like(rows, t)), rows.cpu())
        if (t + 1) % every == 0:
            tangents.renormalise()
    return tangents.result()


def autonomous_lyapunov_exponents(
    cell: Cell,
    steps: int,
    k: int | None = None,
    *,
    x: Tensor | None = None,
    initial: Tree = None,
    every: int = 1,
    warm_up: int = 0,
) -> LyapunovExponents:
    """Measure the exponents of a cell that goes on by itself under a constant input.

    The state is at every step that of the cell itself, so nothing is kept but the present one.
    From the zero state many cells without input stay at the zero state; the dynamics that were
    trained are better met from the states at the end of sequences.

    Args:
        cell: The step, in the precision wanted: ``deepcopy(cell).double()``.
        steps: How many, warm-up included.
        k: As in :func:`lyapunov_exponents`.
        x: The constant input, ``(F,)``, or one of each row, ``(B, F)``; None for zeros.
        initial: Where each row starts, leaves ``(B, *)``; None for ``init_state``.
        every: As in :func:`lyapunov_exponents`.
        warm_up: Steps at first in which the state settles and the vectors turn, not counted.

    Raises:
        ConfigError: A number is out of range, or no step is left after the warm-up.
        ValueError: The input is neither ``(F,)`` nor ``(B, F)``, or the state has no real number.
    """
    if steps < 1:
        raise ConfigError("must be at least 1", key="steps", value=steps)
    state, x = _start(cell, x, initial)
    with torch.no_grad():
        z = cell.project(x)
    size = LinearisedStep(cell, z, state).size
    B = x.shape[0]
    tangents = _Tangents(B, size, _checked(k, size, every, warm_up), warm_up)
    rows = torch.arange(B)
    for t in range(steps):
        tangents.carry(LinearisedStep(cell, z, state), rows)
        if (t + 1) % every == 0:
            tangents.renormalise()
        with torch.no_grad():
            state = cell.step(z, state)
    return tangents.result()


class _Tangents:
    """k vectors of each of B rows, and the logarithms of what became of their lengths.

    Args:
        B: Rows.
        N: The size of the state.
        k: Vectors.
        warm_up: Steps of each row that are not counted.
    """

    def __init__(self, B: int, N: int, k: int, warm_up: int) -> None:
        generator = torch.Generator().manual_seed(0)  # the global one is not ours to advance
        # Not the axes, which may be the directions of a slower growth, for ever.
        drawn = torch.randn(B, N, k, generator=generator, dtype=torch.float64)
        self._vectors = torch.linalg.qr(drawn).Q.mT.contiguous()  # (B, k, N)
        self._logs = torch.zeros(B, k, dtype=torch.float64)
        self._age = torch.zeros(B, dtype=torch.int64)  # steps since the row began
        self._since = torch.zeros(B, dtype=torch.int64)  # steps since the last factorisation
        self._counted = torch.zeros(B, dtype=torch.int64)
        self._eps, self._warm_up = torch.finfo(torch.float64).eps, warm_up

    def begin(self, rows: Tensor) -> None:
        """Let some rows, by mask ``(B,)``, warm up anew."""
        self._age[rows] = 0

    def carry(self, step: LinearisedStep, rows: Tensor) -> None:
        """Multiply the vectors of some rows, by index ``(R,)``, by the Jacobians of a step."""
        # The last step of the warm-up ends a stretch, so that no stretch is half counted.
        if self._warm_up and bool((self._age[rows] == self._warm_up).any()):
            self.renormalise()
        self._eps = max(self._eps, torch.finfo(step.vector.dtype).eps)
        vectors = self._vectors[rows].to(step.vector)
        self._vectors[rows] = step.push(vectors).cpu().double()
        self._age[rows] += 1
        self._since[rows] += 1

    def renormalise(self) -> None:
        """Make the vectors orthonormal, and count how much they had grown."""
        rows = (self._since > 0).nonzero()[:, 0]
        if not len(rows):
            return
        Q, R = torch.linalg.qr(self._vectors[rows].mT)
        self._vectors[rows] = Q.mT
        grown = R.diagonal(dim1=-2, dim2=-1).abs()
        # What is left of a vector that lay among the others is rounding.
        rounding = Q.shape[1] * self._eps * torch.linalg.vector_norm(R, dim=-2)
        logs = torch.where(grown > rounding, grown.log(), -torch.inf)
        logs = torch.where(grown.isfinite(), logs, torch.nan)
        since = self._since[rows]
        counted = self._age[rows] - since >= self._warm_up
        self._logs[rows] += torch.where(counted[:, None], logs, 0.0)
        self._counted[rows] += torch.where(counted, since, 0)
        self._since[rows] = 0

    def result(self) -> LyapunovExponents:
        """Return the exponents.

        Raises:
            ConfigError: No step was counted.
        """
        self.renormalise()
        total = self._counted.sum()
        if total == 0:
            longest = int(self._age.max())
            raise ConfigError(
                f"leaves no step to count: the longest stretch has {longest}",
                key="warm_up",
                value=self._warm_up,
            )
        exponents = self._logs.sum(0) / total
        exponents, order = exponents.sort(descending=True)
        counted = self._counted[:, None]
        each = torch.where(counted > 0, self._logs / counted.clamp(min=1), torch.nan)[:, order]
        # The mean is a ratio of two sums over sequences; for equal lengths this is s / sqrt(n).
        n = int((self._counted > 0).sum())
        away = torch.where(counted > 0, counted * (each - exponents), 0.0)
        errors = (
            (away.square().sum(0) * n / (n - 1)).sqrt() / total if n > 1 else away[0] * torch.nan
        )
        errors = torch.where(exponents.isfinite(), errors, torch.nan)
        size = self._vectors.shape[-1]
        return LyapunovExponents(exponents, errors, each, self._counted, size)


def _checked(k: int | None, N: int, every: int, warm_up: int) -> int:
    if k is None:
        k = N if N <= ALL else SOME
    if not 1 <= k <= N:
        raise ConfigError(f"must be from 1 to {N}, the size of the state", key="k", value=k)
    if every < 1:
        raise ConfigError("must be at least 1", key="every", value=every)
    if warm_up < 0:
        raise ConfigError("must be at least 0", key="warm_up", value=warm_up)
    return k


def _start(cell: Cell, x: Tensor | None, initial: Tree) -> tuple[Tree, Tensor]:
    """Return the state ``(B, *)`` and the input ``(B, F)``."""
    F = cell.input_size
    if x is not None and (x.dim() not in (1, 2) or x.shape[-1] != F):
        raise ValueError(f"x must be ({F},) or (B, {F}), got {tuple(x.shape)}")
    rows = 1 if x is None or x.dim() == 1 else x.shape[0]
    if initial is None:
        state = cell.init_state(rows)
    else:
        state = initial
        B = tree.leaves(initial)[0].shape[0]
        if rows not in (1, B):
            raise ValueError(f"x has {rows} rows where the initial state has {B}")
        rows = B
    state = tree.detach(state)
    if x is None:
        # Of the dtype of the weights; a complex state may have real weights beside it.
        real = next((p for p in cell.parameters() if p.is_floating_point()), None)
        like = tree.leaves(state)[0] if real is None else real.detach()
        x = torch.zeros(F, dtype=like.dtype, device=like.device)
    return state, x.expand(rows, F)
