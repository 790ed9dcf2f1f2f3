"""Runs a program on the CPU, in C++ that is written and compiled for it."""

from __future__ import annotations

import ctypes
import hashlib
import os
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from rnnlab.recurrence.engines.compiled.lowering import Adjoint, Forward, Lowering
from rnnlab.recurrence.engines.compiled.native_source import source
from rnnlab.recurrence.engines.compiled.native_values import NotLowered, strides
from rnnlab.recurrence.engines.compiled.program import StepProgram
from rnnlab.recurrence.native import NoLibrary, cache_folder, library

__all__ = ["Native", "NotLowered"]

_WORTH = 150e3  # nanoseconds of work below which another thread costs more than it saves
_TILE = 32  # rows that a thread takes through time together, at most
_BLOCK = 8  # rows that a product computes together

_NUMBERS = (torch.float32, torch.float64)


_Rows = tuple[tuple[int, ...], tuple[int, ...]]
"""The axes of rows without the batch, and their strides where these lie dense."""


class Native(Lowering):
    """A program as machine code for the processor at hand.

    All steps of some rows of the batch run on one thread, so that nothing waits within a step and
    the rows stay in its cache. What is compiled depends neither on the size of the batch nor on the
    number of steps.

    Args:
        program: What to run; float32 or float64.

    Raises:
        NotLowered: The program has an operation that is unknown here, or there is no compiler.
    """

    def __init__(self, program: StepProgram) -> None:
        self._source = made = source(program)
        compiled = _loaded(made.text)
        self._functions = (compiled.forward, compiled.adjoint)
        self._sizes = (compiled.forward_memory, compiled.adjoint_memory)
        self._memory: dict[tuple[int, int, int], int] = {}
        leaves = program.leaves
        self._dtype = _NUMBERS[made.double]
        self._state = [(shape, strides(shape)) for shape in made.state]
        self._z = [None if shape is None else (shape, strides(shape)) for shape in made.z]
        before = leaves.z + 2 * leaves.state + leaves.saved + leaves.deferred
        wanted = program.reads.get("gradients", frozenset())
        self._followed = [before + k in wanted for k in range(leaves.state)]

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
        made = self._source
        B = state[0].shape[0]
        T = z[0].shape[0] if z else _steps(valid, reset)
        held: list[Tensor] = []
        call = self._head(B, T, 0, valid, reset, held)
        for leaf, rows in zip(z, self._z, strict=True):
            call += (0, 0, 0) if rows is None else self._strided(leaf, rows, 2, held)
        states = []
        for k, rows in enumerate(self._state):
            call += self._strided(state[k], rows, 1, held)
            call += (0, 0) if initial is None else self._strided(initial[k], rows, 1, held)
            states.append(torch.empty((T + 1, B, *rows[0]), dtype=self._dtype))
            call.append(states[-1].data_ptr())
        saved = []
        for shape, boolean in made.saved:
            if save:
                dtype = torch.bool if boolean else self._dtype
                saved.append(torch.empty((T, B, *shape), dtype=dtype))
            call.append(saved[-1].data_ptr() if save else 0)
        call += self._constants(constants, 0, held)
        self._run(0, call)
        return Forward(states, saved)

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
        made = self._source
        T, B = states[0].shape[0] - 1, states[0].shape[1]
        held: list[Tensor] = []
        call = self._head(B, T, 1, valid, reset, held)
        for leaf, read in zip(z, self._z, strict=True):
            if leaf is None or read is None:
                call += (0, 0, 0)
            else:
                call += self._strided(leaf, read, 2, held)
        result = Adjoint([], None if reset is None else [], [], [])
        for k, rows in enumerate(self._state):
            own, shape = gradients[k], rows[0]
            call += (0, 0, 0) if own is None else self._strided(own, rows, 2, held)
            call += (0, 0) if initial is None else self._strided(initial[k], rows, 1, held)
            call.append(_dense(states[k], held).data_ptr())
            result.state.append(torch.empty((B, *shape), dtype=self._dtype))
            call.append(result.state[-1].data_ptr())
            if result.initial is None:
                call.append(0)
            else:
                result.initial.append(torch.empty((B, *shape), dtype=self._dtype))
                call.append(result.initial[-1].data_ptr())
            if self._followed[k]:
                following = torch.empty((T, B, *shape), dtype=self._dtype)
                result.following.append(following)
                call.append(following.data_ptr())
            else:
                result.following.append(None)
                call.append(0)
        call += [_dense(rows, held).data_ptr() for rows in saved]
        for shape, boolean in made.deferred:
            dtype = torch.bool if boolean else self._dtype
            result.deferred.append(torch.empty((T, B, *shape), dtype=dtype))
            call.append(result.deferred[-1].data_ptr())
        call += self._constants(constants, 1, held)
        self._run(1, call)
        return result

    def _head(
        self,
        B: int,
        T: int,
        direction: int,
        valid: Tensor | None,
        reset: Tensor | None,
        held: list[Tensor],
    ) -> list[int]:
        """Return the first arguments: sizes, and masks."""
        threads = 1
        if B * T * self._source.cost[direction] > _WORTH:
            threads = max(1, min(torch.get_num_threads(), B))
        share = max(1, -(-B // threads))
        tile = -(-share // -(-share // _TILE))
        if share > _TILE:
            tile = -(-tile // _BLOCK) * _BLOCK
        call = [B, T, threads, tile, 0]
        for mask in (valid, reset):
            if mask is None:
                call += (0, 0, 0)
            else:
                held.append(mask)
                call += (mask.data_ptr(), *mask.stride())
        return call

    def _strided(self, leaf: Tensor, rows: _Rows, axes: int, held: list[Tensor]) -> tuple[int, ...]:
        """Return where a tensor lies and the strides of its first axes; the others lie dense."""
        if leaf.dtype != self._dtype:
            raise TypeError(f"numbers of type {leaf.dtype} for a step of {self._dtype}")
        if leaf.is_neg():  # the memory of a lazily negated view holds the opposite
            leaf = leaf.resolve_neg()
        along = leaf.stride()
        if along[axes:] != rows[1]:
            for length, stride, dense in zip(rows[0], along[axes:], rows[1], strict=True):
                if stride != dense and length != 1:
                    leaf = leaf.contiguous()
                    along = leaf.stride()
                    break
        held.append(leaf)
        return (leaf.data_ptr(), *along[:axes])

    def _constants(self, constants: list[Tensor], direction: int, held: list[Tensor]) -> list[int]:
        call: list[int] = []
        for k, constant in enumerate(constants):
            if constant.dtype not in (self._dtype, torch.bool):
                constant = constant.to(self._dtype)
            along = constant.stride()
            if k in self._source.contiguous[direction]:
                constant = constant.contiguous()
                along = strides(tuple(constant.shape))
            held.append(constant)
            call += (constant.data_ptr(), *along[: self._source.axes[direction][k]])
        return call

    def _run(self, direction: int, call: list[int]) -> None:
        key = (direction, call[2], call[3])
        if key not in self._memory:
            self._memory[key] = self._sizes[direction](*key[1:])
        memory = torch.empty(self._memory[key], dtype=self._dtype)
        call[4] = memory.data_ptr()
        self._functions[direction]((ctypes.c_longlong * len(call))(*call))


def _steps(valid: Tensor | None, reset: Tensor | None) -> int:
    for mask in (valid, reset):
        if mask is not None:
            return mask.shape[0]
    raise NotLowered("a step without an input")


def _dense(tensor: Tensor, held: list[Tensor]) -> Tensor:
    tensor = tensor.contiguous()
    held.append(tensor)
    return tensor


@cache
def _loaded(text: str) -> ctypes.CDLL:
    """Return a source as a library; the source is kept beside it."""
    name = f"step-{hashlib.sha256(text.encode()).hexdigest()[:20]}.cpp"
    kept = cache_folder() / name
    try:
        if not (kept.exists() and kept.read_text(encoding="utf-8") == text):
            with suppress(OSError):
                kept.parent.mkdir(parents=True, exist_ok=True)
                _write(kept, text)
        if kept.exists():
            return _typed(library(kept))
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            own = Path(folder, name)
            own.write_text(text, encoding="utf-8")
            return _typed(library(own))
    except NoLibrary as error:
        raise NotLowered(str(error)) from error


def _write(target: Path, text: str) -> None:
    """Write a file, at once."""
    handle, name = tempfile.mkstemp(prefix=target.stem, dir=target.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(name, target)
    except OSError:
        os.remove(name)
        raise


def _typed(loaded: ctypes.CDLL) -> ctypes.CDLL:
    for name in ("forward", "adjoint"):
        getattr(loaded, name).restype = None
        getattr(loaded, name).argtypes = [ctypes.c_void_p]
        getattr(loaded, f"{name}_memory").restype = ctypes.c_longlong
        getattr(loaded, f"{name}_memory").argtypes = [ctypes.c_longlong] * 2
    return loaded
