"""Lowering by chunks: K steps at a time, compiled by torch's Inductor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from rnnlab.recurrence.engines.compiled.chunks_inductor import CompiledChunk, compile_chunk
from rnnlab.recurrence.engines.compiled.chunks_layout import Batch, Grid, chunk_steps, resolved
from rnnlab.recurrence.engines.compiled.chunks_unroll import (
    Rows,
    Unrolled,
    UnrolledAdjoint,
    UnrolledForward,
)
from rnnlab.recurrence.engines.compiled.failure import CompileFailed
from rnnlab.recurrence.engines.compiled.lowering import Adjoint, Forward, Lowering
from rnnlab.recurrence.engines.compiled.program import StepProgram

MOST_COMPILES = 4


class Chunks(Lowering):
    """Runs any program on any device that Inductor has code for.

    A chunk is compiled at most twice for each direction: with masks and without. The last chunk is
    padded to K steps under the mask, so that all lengths share its code.

    Args:
        program: What to run.
        steps: K; None chooses it for the first sequence that is seen.
        cudagraphs: Whether each chunk is one CUDA graph: a device then waits for one launch a
            chunk instead of some a step, which is what small cells spend their time on, but all
            inputs and results are copied once more, each B is recorded anew and keeps its memory.
        options: Of ``torch._inductor.config``, for what is compiled here.
    """

    def __init__(
        self,
        program: StepProgram,
        steps: int | None = None,
        cudagraphs: bool = False,
        options: dict[str, Any] | None = None,
    ) -> None:
        self.program, self.steps, self.cudagraphs = program, steps, cudagraphs
        self.options = dict(options or {})
        self.compiled: dict[_Kind, list[CompiledChunk]] = {}
        self._unrolled: dict[tuple[type[Unrolled], bool], Unrolled] = {}

    @torch.no_grad()
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
        """Run T steps; see :meth:`Lowering.forward`.

        Raises:
            CompileFailed: The steps, or where ``save`` is True those of the backward pass, cannot
                be compiled; nothing has been computed.
        """
        T, B = z[0].shape[:2]
        batch = Batch(B)
        z, state, constants = batch.timed(z), batch.rows(state), resolved(constants)
        grid = self._grid(T)
        masks = grid.masks(batch, valid, reset, z[0])
        timed = [grid.sequence(leaf) for leaf in z] + masks
        rows = state + ((state if initial is None else batch.rows(initial)) if masks else [])
        unrolled = self._steps(UnrolledForward, grid.steps, bool(masks))
        chunk = self._chunk(unrolled, [leaf[0] for leaf in timed], rows, constants)
        if save and not chunk.paired:
            # A failure in the backward pass would come too late for another engine to step in.
            self._prepare_adjoint(chunk, timed, rows, constants, grid.steps, bool(masks))
        states = [row.new_empty((grid.padded + 1, *row.shape), dtype=row.dtype) for row in state]
        for whole, row in zip(states, state, strict=True):
            whole[0] = row
        saved = [
            z[0].new_empty((grid.padded if save else 1, batch.size, *shape), dtype=dtype)
            for shape, dtype in chunk.slots[len(state) :]
        ]
        views = [whole.unbind() for whole in states]
        slots = [view[1:] for view in views]
        # Where nothing is kept, all steps write to one place.
        slots += [row.unbind() if save else (row[0],) * grid.padded for row in saved]
        for first in range(0, grid.padded, grid.steps):
            now = slice(first, first + grid.steps)
            begin = [view[first] for view in views] + rows[len(state) :]
            self._call(chunk, batch, timed, now, begin, constants, slots, [])
        return Forward(
            [batch.back(whole[: T + 1], 1) for whole in states],
            [batch.back(row[:T], 1) for row in saved] if save else [],
        )

    @torch.no_grad()
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
        T, B = states[0].shape[0] - 1, states[0].shape[1]
        batch = Batch(B)
        grid = self._grid(T)
        states, constants = batch.timed(states), resolved(constants)
        masks = grid.masks(batch, valid, reset, states[0])
        unrolled = self._steps(UnrolledAdjoint, grid.steps, bool(masks))
        assert isinstance(unrolled, UnrolledAdjoint)
        zeros = [torch.zeros_like(leaf[0]) for leaf in states]
        timed = [
            *(grid.sequence(leaf) for leaf in batch.timed(_read(z, unrolled.z))),
            *(grid.sequence(leaf[:-1]) for leaf in _read(states, unrolled.before)),
            *(grid.sequence(leaf[1:]) for leaf in _read(states, unrolled.after)),
            *(grid.sequence(leaf) for leaf in batch.timed(_read(saved, unrolled.saved))),
            *(
                (zero,) * grid.padded
                if gradient is None
                else grid.sequence(batch.timed([gradient])[0], zero)
                for gradient, zero in zip(gradients, zeros, strict=True)
            ),
            *masks,
        ]
        rows = list(zeros)
        if masks:
            rows += (zeros if initial is None else batch.rows(initial)) + zeros
        chunk = self._chunk(unrolled, [leaf[0] for leaf in timed], rows, constants)
        results = [
            states[0].new_empty((grid.padded, batch.size, *shape), dtype=dtype)
            for shape, dtype in chunk.slots
        ]
        slots = [row.unbind() for row in results]
        for first in reversed(range(0, grid.padded, grid.steps)):
            now = slice(first, first + grid.steps)
            ends = [torch.empty_like(row) for row in unrolled.ends(rows)]
            self._call(chunk, batch, timed, now, rows, constants, slots, ends)
            if masks:
                rows = ends[: len(zeros)] + rows[len(zeros) : -len(zeros)] + ends[len(zeros) :]
            else:
                rows = ends
        whole = iter([batch.back(row[:T], 1) for row in results])
        return Adjoint(
            state=[batch.back(row) for row in rows[: len(zeros)]],
            initial=None if reset is None else [batch.back(row) for row in rows[-len(zeros) :]],
            following=[next(whole) if followed else None for followed in unrolled.follows],
            deferred=list(whole),
        )

    def _prepare_adjoint(
        self,
        forward: CompiledChunk,
        timed: Sequence[Rows],
        rows: list[Tensor],
        constants: Rows,
        steps: int,
        masked: bool,
    ) -> None:
        leaves = self.program.leaves
        unrolled = self._steps(UnrolledAdjoint, steps, masked)
        assert isinstance(unrolled, UnrolledAdjoint)
        first = [leaf[0] for leaf in timed]
        state, z, masks = rows[: leaves.state], first[: leaves.z], first[leaves.z :]
        saved = [
            state[0].new_empty((state[0].shape[0], *shape), dtype=dtype)
            for shape, dtype in forward.slots[leaves.state :]
        ]
        read = [
            *_read(z, unrolled.z),
            *_read(state, unrolled.before),
            *_read(state, unrolled.after),
            *_read(saved, unrolled.saved),
        ]
        begin = state * 3 if masked else state
        self._chunk(unrolled, [*read, *state, *masks], begin, constants)
        forward.paired = True

    def _grid(self, T: int) -> Grid:
        if self.steps is None:
            self.steps = chunk_steps(T)
        return Grid(T, self.steps)

    def _steps(self, kind: type[Unrolled], steps: int, masked: bool) -> Unrolled:
        if (kind, masked) not in self._unrolled:
            self._unrolled[kind, masked] = kind(self.program, steps, masked)
        return self._unrolled[kind, masked]

    def _chunk(self, unrolled: Unrolled, timed: Rows, rows: Rows, constants: Rows) -> CompiledChunk:
        B = rows[0].shape[0]
        kind = _Kind(
            type(unrolled),
            unrolled.masked,
            rows[0].device,
            tuple((row.dtype, row.shape[1:]) for row in (*timed, *rows)),
            tuple((each.dtype, each.shape, each.stride()) for each in constants),
        )
        compiled = self.compiled.setdefault(kind, [])
        for chunk in compiled:
            if chunk.serves(B):
                return chunk
        if len(compiled) == MOST_COMPILES:
            raise CompileFailed(
                f"compiled {MOST_COMPILES} times for different numbers of rows: "
                "its code depends on the size of the batch"
            )
        compiled.append(
            compile_chunk(unrolled, timed, rows, constants, self.options, self.cudagraphs)
        )
        return compiled[-1]

    def _call(
        self,
        chunk: CompiledChunk,
        batch: Batch,
        timed: Sequence[Rows],
        now: slice,
        rows: Rows,
        constants: Rows,
        slots: Sequence[Rows],
        ends: Rows,
    ) -> None:
        arguments: list[Any] = [batch.size]
        for leaf in timed:
            arguments += leaf[now]
        arguments += rows
        arguments += constants
        for leaf in slots:
            arguments += leaf[now]
        arguments += ends
        chunk.call(arguments)


class _Kind(NamedTuple):
    """What code is compiled for."""

    unrolled: type[Unrolled]
    masked: bool
    device: torch.device
    rows: tuple[tuple[torch.dtype, torch.Size], ...]
    constants: tuple[tuple[torch.dtype, torch.Size, tuple[int, ...]], ...]


def _read(leaves: Sequence[Tensor], read: list[bool]) -> list[Tensor]:
    return [leaf for leaf, each in zip(leaves, read, strict=True) if each]
