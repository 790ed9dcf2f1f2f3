"""K unrolled steps through torch's Inductor, for any number of rows."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import torch
from torch import Tensor

from rnnlab.errors import one_line, out_of_memory
from rnnlab.recurrence.engines.compiled.chunks_symbolic import SymbolicBatch
from rnnlab.recurrence.engines.compiled.chunks_unroll import Rows, Unrolled
from rnnlab.recurrence.engines.compiled.failure import CompileFailed


@dataclass
class CompiledChunk:
    """A compiled chunk.

    Args:
        call: Takes B, then timed rows, rows, constants, slots and ends in one list.
        slots: Shape without B and dtype of a row of each of the slots.
        guards: What the compiler took for granted of B.
        paired: Whether the opposite direction is known to compile.
    """

    call: Callable[[list[Any]], object]
    slots: list[tuple[tuple[int, ...], torch.dtype]]
    guards: Callable[[int], bool]
    paired: bool = False
    _known: dict[int, bool] = field(default_factory=dict)

    def serves(self, B: int) -> bool:
        """Return whether it is right for so many rows."""
        if B not in self._known:
            self._known[B] = self.guards(B)
        return self._known[B]


def compile_chunk(
    unrolled: Unrolled,
    timed: Rows,
    rows: Rows,
    constants: Rows,
    options: dict[str, Any],
    cudagraphs: bool = False,
) -> CompiledChunk:
    """Compile K steps.

    Inductor is handed the graph directly: torch.compile would trace what is a graph already, and
    its checks of every argument of every call, some hundreds of tensors, take longer than a chunk
    of a small cell.

    Args:
        unrolled: The steps.
        timed: One row of each of the timed inputs, contiguous, with at least 2 rows.
        rows: As the call takes them, contiguous.
        constants: As the call takes them; their strides become part of the code.
        options: Of ``torch._inductor.config``.
        cudagraphs: Whether a chunk is recorded and replayed as one CUDA graph.

    Raises:
        CompileFailed: Inductor cannot, or there is no compiler.
    """
    try:
        # Validation often runs in inference mode, of which compiled code should know nothing.
        with torch.inference_mode(False), warnings.catch_warnings():
            # Torch's own modules warn of each other; nothing of it is for who uses a cell.
            warnings.simplefilter("ignore", DeprecationWarning)
            # Complex operations run as calls of torch's own kernels.
            warnings.filterwarnings("ignore", "Torchinductor does not support code generation for")
            return _compile(unrolled, timed, rows, constants, options, cudagraphs)
    except Exception as error:
        if out_of_memory(error):
            raise
        raise CompileFailed(one_line(_reason(error))) from error


def _compile(
    unrolled: Unrolled,
    timed: Rows,
    rows: Rows,
    constants: Rows,
    options: dict[str, Any],
    cudagraphs: bool,
) -> CompiledChunk:
    # Importing this takes a second or two, which only those pay who compile.
    from torch._inductor import config
    from torch._inductor.compile_fx import compile_fx_inner

    batch = SymbolicBatch(rows[0].shape[0])
    first, fixed = batch.rows(timed), batch.rows(rows)
    held = batch.constants(constants)

    def slots_of(*tensors: Tensor) -> list[Tensor]:
        row, once, constant = _split(tensors, [len(first), len(fixed), len(held)])
        return unrolled.slots(row, once, constant)

    slots = batch.results(batch.trace(slots_of, [*first, *fixed, *held]))
    steps = unrolled.steps
    given = [*batch.rows(timed, steps), *fixed, *held]
    ends = batch.rows(unrolled.ends(fixed))
    written = [*batch.rows(slots, steps), *ends]
    # A CUDA graph owns the memory that it writes to: its results are copied where they belong.
    inputs = [*given, *([] if cudagraphs else written)]

    def run(_: int, *tensors: Tensor) -> list[Tensor]:
        if cudagraphs:
            tensors += tuple(torch.empty_like(row) for row in written)
        counts = [steps] * len(first) + [len(fixed), len(held)] + [steps] * len(slots)
        parts = _split(tensors, [*counts, len(ends)])
        sequences, (once, constant, *rest) = parts[: len(first)], parts[len(first) :]
        unrolled(sequences, once, constant, rest[:-1], rest[-1])
        return list(tensors[len(given) :]) if cudagraphs else []

    graph = batch.trace(run, [batch.size, *inputs])
    with config.patch({**options, "triton.cudagraphs": cudagraphs}), batch.compiling():
        call: Any = compile_fx_inner(graph, [batch.size, *inputs], is_inference=True)
    return CompiledChunk(
        call=_copying(call, 1 + len(given)) if cudagraphs else call,
        slots=[(tuple(int(size) for size in row.shape[1:]), row.dtype) for row in slots],
        guards=batch.guards(),
    )


def _copying(call: Callable[[list[Any]], Any], given: int) -> Callable[[list[Any]], None]:
    def run(arguments: list[Any]) -> None:
        torch._foreach_copy_(arguments[given:], list(call(arguments[:given])))

    return run


def _split(tensors: Sequence[Tensor], counts: list[int]) -> list[list[Tensor]]:
    """Return as many tensors as each count says."""
    remaining = iter(tensors)
    return [list(islice(remaining, count)) for count in counts]


def _reason(error: Exception) -> str:
    """Return what a failure of the compiler comes down to, in one line."""
    text = str(error)
    operation = re.search(r"target: (\S+)", text) or re.search(r"(aten\.\w+\.\w+)", text)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    first = lines[0] if lines else type(error).__name__
    first = re.sub(r"^\w+: (?=.)", "", first)  # the class that torch put it into
    if first.startswith("C++ compile error"):
        said = next((line for line in lines if "error: " in line), "the compiler failed")
        first = f"{first}: {said}"
    return first if operation is None else f"{operation[1]}: {first}"
