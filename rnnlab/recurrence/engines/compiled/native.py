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

_WORTH = 60e3  # nanoseconds of work below which another thread costs more than it saves
_TILE = 32  # rows that a thread takes through time together, at most
_BLOCK = 8  # rows that a product computes together

_NUMBERS = (torch.float32, torch.float64)


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
        self._source = source(program)
        self._library = _loaded(self._source.text)
        leaves = program.leaves
        self._leaves = leaves
        self._dtype = _NUMBERS[self._source.double]
        before = leaves.z + 2 * leaves.state + leaves.saved + leaves.deferred
        wanted = program.reads.get("gradients", frozenset())
        self._followed = [before + k in wanted for k in range(leaves.state)]
        self._rows = [strides(shape) for shape in self._source.state]

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
        for leaf, shape in zip(z, made.z, strict=True):
            call += (0, 0, 0) if shape is None else self._strided(leaf, shape, 2, held)
        states = []
        for k, (leaf, shape) in enumerate(zip(state, made.state, strict=True)):
            call += self._strided(leaf, shape, 1, held)
            call += (0, 0) if initial is None else self._strided(initial[k], shape, 1, held)
            states.append(torch.empty((T + 1, B, *shape), dtype=self._dtype))
            call.append(states[-1].data_ptr())
        saved = []
        for shape, boolean in made.saved:
            if save:
                dtype = torch.bool if boolean else self._dtype
                saved.append(torch.empty((T, B, *shape), dtype=dtype))
            call.append(saved[-1].data_ptr() if save else 0)
        call += self._constants(constants, 0, held)
        self._run("forward", call)
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
        for leaf, shape in zip(z, made.z, strict=True):
            if leaf is None or shape is None:
                call += (0, 0, 0)
            else:
                call += self._strided(leaf, shape, 2, held)
        result = Adjoint([], None if reset is None else [], [], [])
        for k, shape in enumerate(made.state):
            own = gradients[k]
            call += (0, 0, 0) if own is None else self._strided(own, shape, 2, held)
            call += (0, 0) if initial is None else self._strided(initial[k], shape, 1, held)
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
        self._run("adjoint", call)
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
        share = -(-B // threads)
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

    def _strided(
        self, leaf: Tensor, shape: tuple[int, ...], axes: int, held: list[Tensor]
    ) -> tuple[int, ...]:
        """Return where a tensor lies and the strides of its first axes; the others lie dense."""
        if leaf.dtype != self._dtype:
            raise TypeError(f"numbers of type {leaf.dtype} for a step of {self._dtype}")
        along = leaf.stride()
        for length, stride, dense in zip(shape, along[axes:], strides(shape), strict=True):
            if stride != dense and length != 1:
                leaf = leaf.contiguous()
                along = leaf.stride()
                break
        held.append(leaf)
        return (leaf.data_ptr(), *along[:axes])

    def _constants(self, constants: list[Tensor], direction: int, held: list[Tensor]) -> list[int]:
        call: list[int] = []
        for k, constant in enumerate(constants):
            if constant.dtype not in (self._dtype, torch.bool) and self._source.axes[direction][k]:
                constant = constant.to(self._dtype)
            along = constant.stride()
            if k in self._source.contiguous[direction]:
                constant = constant.contiguous()
                along = strides(tuple(constant.shape))
            held.append(constant)
            call += (constant.data_ptr(), *along[: self._source.axes[direction][k]])
        return call

    def _run(self, name: str, call: list[int]) -> None:
        threads, tile = call[2:4]
        size = getattr(self._library, f"{name}_memory")(threads, tile)
        memory = torch.empty(size, dtype=self._dtype)
        call[4] = memory.data_ptr()
        getattr(self._library, name)((ctypes.c_longlong * len(call))(*call))


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
