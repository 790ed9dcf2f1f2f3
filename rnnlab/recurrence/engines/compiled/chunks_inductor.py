"""K unrolled steps through torch's Inductor, for any number of rows."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from rnnlab.errors import one_line, out_of_memory
from rnnlab.recurrence.engines.compiled.chunks_unroll import Rows, Unrolled
from rnnlab.recurrence.engines.compiled.failure import CompileFailed


@dataclass
class CompiledChunk:
    """A compiled chunk.

    Args:
        call: Takes B, then timed rows, rows, constants, slots and ends in one list, which it
            empties.
        slots: Shape without B and dtype of a row of each of the slots.
        guards: What the compiler took for granted of B.
    """

    call: Callable[[list[Any]], object]
    slots: list[tuple[tuple[int, ...], torch.dtype]]
    guards: Callable[[int], bool]
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

    Raises:
        CompileFailed: Inductor cannot, or there is no compiler.
    """
    try:
        with warnings.catch_warnings():
            # Torch's own modules warn of each other; nothing of it is for who uses a cell.
            warnings.simplefilter("ignore", DeprecationWarning)
            # Complex operations run as calls of torch's own kernels.
            warnings.filterwarnings("ignore", "Torchinductor does not support code generation for")
            return _compile(unrolled, timed, rows, constants, options)
    except Exception as error:
        if out_of_memory(error):
            raise
        raise CompileFailed(one_line(_reason(error))) from error


def _compile(
    unrolled: Unrolled, timed: Rows, rows: Rows, constants: Rows, options: dict[str, Any]
) -> CompiledChunk:
    # Importing these takes a second or two, which only those pay who compile.
    import torch._inductor.config
    from torch._guards import TracingContext, tracing
    from torch._inductor.compile_fx import compile_fx_inner
    from torch._inductor.decomposition import select_decomp_table
    from torch._subclasses.fake_tensor import FakeTensorMode
    from torch.fx.experimental.proxy_tensor import make_fx
    from torch.fx.experimental.symbolic_shapes import (
        DimDynamic,
        ShapeEnv,
        StatelessSymbolicContext,
    )

    shapes = ShapeEnv()
    mode = FakeTensorMode(shape_env=shapes)
    context: Any = StatelessSymbolicContext(dynamic_sizes=[DimDynamic.DYNAMIC])
    hint = torch.empty(rows[0].shape[0])
    B: Any = mode.from_tensor(hint, symbolic_context=context).shape[0]

    def like(row: Tensor) -> Tensor:
        return torch.empty((B, *row.shape[1:]), dtype=row.dtype, device=row.device)

    with torch.no_grad(), mode:
        fixed = [like(row) for row in rows]
        held = [
            torch.empty_strided(each.shape, each.stride(), dtype=each.dtype, device=each.device)
            for each in constants
        ]
        slots = unrolled.slots([like(row) for row in timed], fixed, held)
        ends = [like(row) for row in unrolled.ends(fixed)]
        steps = range(unrolled.steps)
        sequences = [[like(row) for _ in steps] for row in timed]
        targets = [[like(row) for _ in steps] for row in slots]
    inputs = [B, *_flat(sequences), *fixed, *held, *_flat(targets), *ends]

    def run(_: int, *tensors: Tensor) -> tuple[()]:
        remaining = iter(tensors)

        def take(like: Sequence[Any]) -> list[Tensor]:
            return [next(remaining) for _ in like]

        def take_each(like: Sequence[Rows]) -> list[list[Tensor]]:
            return [take(each) for each in like]

        arguments = (take_each(sequences), take(fixed), take(held), take_each(targets), take(ends))
        unrolled(*arguments)
        return ()

    table = {**select_decomp_table(), torch.ops.aten.complex.default: _complex}
    with torch.no_grad(), torch._C._DisableAutocast():
        graph = make_fx(run, decomposition_table=table, tracing_mode="symbolic")(*inputs)
        with torch._inductor.config.patch(options), tracing(TracingContext(mode)):
            call: Any = compile_fx_inner(graph, inputs, is_inference=True)
    symbol = B.node.expr
    guards = [guard.expr for guard in shapes.guards]
    return CompiledChunk(
        call=call,
        slots=[(tuple(int(size) for size in row.shape[1:]), row.dtype) for row in slots],
        guards=lambda size: all(bool(guard.subs({symbol: size})) for guard in guards),
    )


def _flat(sequences: Sequence[Rows]) -> list[Tensor]:
    return [row for rows in sequences for row in rows]


def _complex(real: Tensor, imaginary: Tensor) -> Tensor:
    # The meta kernel of torch.complex takes a symbolic B for a fixed number.
    return torch.view_as_complex(torch.stack([real, imaginary], -1))


def _reason(error: Exception) -> str:
    """Return what a failure of the compiler comes down to, in one line."""
    text = str(error)
    operation = re.search(r"target: (\S+)", text) or re.search(r"(aten\.\w+\.\w+)", text)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    first = lines[0] if lines else type(error).__name__
    return first if operation is None else f"{operation[1]}: {first}"
