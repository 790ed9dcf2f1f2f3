"""K steps of a program in one function, for a compiler to see at once.

Results are written into *slots*: rows of the tensors that hold all steps. So no result is copied
on its way there, and every step runs the same kernels on other addresses.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from itertools import islice

import torch
from torch import Tensor

from rnnlab.recurrence.engines.compiled.interpreted import follows, rows_like
from rnnlab.recurrence.engines.compiled.program import StepProgram

Rows = Sequence[Tensor]
Leaf = Tensor | None


class Unrolled(ABC):
    """K steps in one direction.

    Args:
        program: Whose steps.
        steps: K.
        masked: Whether there are masks of valid steps and of resets.
    """

    def __init__(self, program: StepProgram, steps: int, masked: bool) -> None:
        self.program, self.steps, self.masked = program, steps, masked

    @abstractmethod
    def __call__(
        self, timed: Sequence[Rows], rows: Rows, constants: Rows, slots: Sequence[Rows], ends: Rows
    ) -> None:
        """Run the steps.

        Args:
            timed: K rows each.
            rows: What the first of the steps to run begins with.
            constants: As the program has them.
            slots: Where the results of each step go, K rows each.
            ends: Where the results of the last of the steps to run go.
        """

    @abstractmethod
    def slots(self, timed: Rows, rows: Rows, constants: Rows) -> list[Tensor]:
        """Return a row like those of each of the slots, from one row of each of ``timed``."""

    @abstractmethod
    def ends(self, rows: Rows) -> list[Tensor]:
        """Return a row like each of the ends."""


class UnrolledForward(Unrolled):
    """K steps forwards.

    Timed are z and, if masked, valid and reset; rows are the state and, if masked, the initial
    one. Slots are of the states and of what is saved; there are no ends.
    """

    def __call__(
        self, timed: Sequence[Rows], rows: Rows, constants: Rows, slots: Sequence[Rows], ends: Rows
    ) -> None:
        """Run the steps; see :meth:`Unrolled.__call__`."""
        leaves = self.program.leaves
        z, masks = timed[: leaves.z], timed[leaves.z :]
        state, initial = _split(rows, leaves.state)
        for t in range(self.steps):
            if self.masked:
                state = _where(masks[1][t], initial, state)
            results = self.program.forward(*(leaf[t] for leaf in z), *state, *constants)
            after, saved = _split(results, leaves.state)
            if self.masked:
                after = _where(masks[0][t], after, state)
            pairs = zip(slots, [*after, *saved], strict=True)
            state = [slot[t].copy_(row) for slot, row in pairs][: leaves.state]

    def slots(self, timed: Rows, rows: Rows, constants: Rows) -> list[Tensor]:
        """Return rows like the states and what is saved."""
        leaves = self.program.leaves
        state = rows[: leaves.state]
        saved = self.program.forward(*timed[: leaves.z], *state, *constants)[leaves.state :]
        return [*state, *saved]

    def ends(self, rows: Rows) -> list[Tensor]:
        """Return nothing."""
        return []


class UnrolledAdjoint(Unrolled):
    """K steps backwards.

    Timed are those leaves of z, of the states before, of the states after and of what is saved
    that are read, then the gradients of the states and, if masked, valid and reset. Rows are λ
    and, if masked, the initial state and the sum of its adjoint so far. Slots are of the λ that
    the gradients read and of what is deferred, ends are λ and, if masked, the sum.
    """

    def __init__(self, program: StepProgram, steps: int, masked: bool) -> None:
        super().__init__(program, steps, masked)
        leaves, reads = program.leaves, program.reads["adjoint"]
        counts = [leaves.z, leaves.state, leaves.state, leaves.saved, leaves.constants]
        inputs = iter(range(sum(counts)))
        self.z, self.before, self.after, self.saved, self.constants = (
            [index in reads for index in islice(inputs, count)] for count in counts
        )
        self.follows = follows(program)

    def __call__(
        self, timed: Sequence[Rows], rows: Rows, constants: Rows, slots: Sequence[Rows], ends: Rows
    ) -> None:
        """Run the steps; see :meth:`Unrolled.__call__`."""
        leaves = self.program.leaves
        λ, initial, returned = _split(rows, leaves.state, leaves.state)
        for t in reversed(range(self.steps)):
            step = iter([leaf[t] for leaf in timed])
            read = self._read(step)
            λ = [each + gradient for each, gradient in zip(λ, step, strict=False)]
            seen = λ
            if self.masked:
                valid, reset = (leaf[t] for leaf in timed[-2:])
                seen = _kept(valid, λ)
                read[1] = [
                    None if old is None else torch.where(rows_like(reset, old), new, old)
                    for new, old in zip(initial, read[1], strict=True)
                ]
            targets = iter(slots)
            following = [
                next(targets)[t].copy_(each) if followed else each
                for each, followed in zip(seen, self.follows, strict=True)
            ]
            results, deferred = self._adjoint(read, constants, following)
            before = [
                torch.zeros_like(each) if new is None else new
                for each, new in zip(λ, results, strict=True)
            ]
            if self.masked:
                before, deferred = _where(valid, before, λ), _kept(valid, deferred)
                back = zip(returned, _kept(reset, before), strict=True)
                returned = [total + each for total, each in back]
                before = _kept(~reset, before)
            for slot, row in zip(targets, deferred, strict=True):
                slot[t].copy_(row)
            λ = before
        for end, row in zip(ends, [*λ, *returned], strict=True):
            end.copy_(row)

    def slots(self, timed: Rows, rows: Rows, constants: Rows) -> list[Tensor]:
        """Return rows like the λ that are read and what is deferred."""
        λ = rows[: self.program.leaves.state]
        _, deferred = self._adjoint(self._read(iter(timed)), constants, λ)
        followed = [each for each, followed in zip(λ, self.follows, strict=True) if followed]
        return [*followed, *deferred]

    def ends(self, rows: Rows) -> list[Tensor]:
        """Return rows like λ and the sum."""
        λ = list(rows[: self.program.leaves.state])
        return λ + λ if self.masked else λ

    def _read(self, step: Iterator[Tensor]) -> list[list[Leaf]]:
        """Return the first inputs of the adjoint, None where it does not read them."""
        parts = self.z, self.before, self.after, self.saved
        return [[next(step) if read else None for read in part] for part in parts]

    def _adjoint(
        self, read: list[list[Leaf]], constants: Rows, λ: Rows
    ) -> tuple[list[Leaf], list[Tensor]]:
        results = self.program.adjoint(*(leaf for part in read for leaf in part), *constants, *λ)
        state = self.program.leaves.state
        return list(results[:state]), list(results[state:])


def _split(rows: Rows, *counts: int) -> list[list[Tensor]]:
    """Return as many rows as each count says, then the remaining ones."""
    remaining = iter(rows)
    return [*(list(islice(remaining, count)) for count in counts), list(remaining)]


def _where(mask: Tensor, chosen: Rows, otherwise: Rows) -> list[Tensor]:
    pairs = zip(chosen, otherwise, strict=True)
    return [torch.where(rows_like(mask, new), new, old) for new, old in pairs]


def _kept(mask: Tensor, rows: Rows) -> list[Tensor]:
    return [torch.where(rows_like(mask, row), row, 0) for row in rows]
