"""How rows and steps of any number are laid out for code that wants them in a certain way."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlab.recurrence.engines.compiled.chunks_unroll import Rows

# Beyond ten steps a chunk saves nothing that can be measured, and takes longer to compile.
MOST_STEPS, FEWEST_STEPS = 12, 8


def chunk_steps(T: int) -> int:
    """Return a K for sequences of T steps: of 8 to 12, the one that pads least.

    More steps in a chunk save calls and cost time to compile. A single step says nothing of the
    sequences to come.
    """
    if T == 1:
        return FEWEST_STEPS
    if T <= MOST_STEPS:
        return T
    return min(range(MOST_STEPS, FEWEST_STEPS - 1, -1), key=lambda steps: -T % steps)


class Batch:
    """The rows of a call, at least two of them.

    A compiler takes a batch of one for a broadcast; it runs twice instead of being compiled anew.
    """

    def __init__(self, rows: int) -> None:
        self.size, self._single = max(rows, 2), rows == 1

    def rows(self, leaves: Rows) -> list[Tensor]:
        """Return ``(B, ...)``, contiguous."""
        if self._single:
            leaves = [leaf.expand(2, *leaf.shape[1:]) for leaf in leaves]
        return [leaf.contiguous() for leaf in resolved(leaves)]

    def timed(self, leaves: Rows) -> list[Tensor]:
        """Return ``(T, B, ...)``, contiguous."""
        if self._single:
            leaves = [leaf.expand(-1, 2, *leaf.shape[2:]) for leaf in leaves]
        return [leaf.contiguous() for leaf in resolved(leaves)]

    def back(self, leaf: Tensor, axis: int = 0) -> Tensor:
        """Return the rows that were given."""
        return leaf.narrow(axis, 0, 1).contiguous() if self._single else leaf


class Grid:
    """T steps in chunks of K."""

    def __init__(self, T: int, steps: int) -> None:
        self.T, self.steps = T, steps
        self.padded = T + -T % steps

    def sequence(self, leaf: Tensor, padding: Tensor | None = None) -> tuple[Tensor, ...]:
        """Return ``(T, ...)`` as rows for all steps of the chunks; padding is never kept."""
        rows = leaf.unbind()
        return rows + (rows[-1] if padding is None else padding,) * (self.padded - self.T)

    def masks(
        self, batch: Batch, valid: Tensor | None, reset: Tensor | None, like: Tensor
    ) -> list[tuple[Tensor, ...]]:
        """Return valid and reset of all steps of the chunks, or nothing where none is needed."""
        if valid is None and reset is None and self.padded == self.T:
            return []
        none = like.new_zeros(batch.size, dtype=torch.bool)
        every = (~none,) * self.T if valid is None else batch.timed([valid])[0].unbind()
        back = (none,) * self.T if reset is None else batch.timed([reset])[0].unbind()
        padding = (none,) * (self.padded - self.T)
        return [every + padding, back + padding]


def resolved(leaves: Rows) -> list[Tensor]:
    """Return tensors whose memory holds their values, which code compiled for them reads."""
    return [leaf.resolve_conj().resolve_neg() for leaf in leaves]
