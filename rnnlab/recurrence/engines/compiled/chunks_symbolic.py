"""A number of rows that is not known: what makes one graph serve any batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor
from torch._guards import TracingContext, tracing
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx import GraphModule
from torch.fx.experimental.proxy_tensor import make_fx
from torch.fx.experimental.symbolic_shapes import (
    DimDynamic,
    ShapeEnv,
    StatelessSymbolicContext,
)


class SymbolicBatch:
    """B as a symbol, and tensors without memory that have so many rows.

    Args:
        hint: A B, at least 2, where a compiler must assume one to choose between ways.

    Attributes:
        size: B.
    """

    def __init__(self, hint: int) -> None:
        self._shapes = ShapeEnv()
        self._mode = FakeTensorMode(shape_env=self._shapes)
        context: Any = StatelessSymbolicContext(dynamic_sizes=[DimDynamic.DYNAMIC])
        counted: Any = self._mode.from_tensor(
            torch.empty(hint, device="cpu"), symbolic_context=context
        )
        self.size: Any = counted.shape[0]
        self._symbol = self.size.node.expr  # before anything is taken for granted of it

    def rows(self, like: Sequence[Tensor], times: int = 1) -> list[Tensor]:
        """Return contiguous rows like each of those given, so many times."""
        with torch.no_grad(), self._mode:
            return [
                torch.empty((self.size, *row.shape[1:]), dtype=row.dtype, device=row.device)
                for row in like
                for _ in range(times)
            ]

    def constants(self, like: Sequence[Tensor]) -> list[Tensor]:
        """Return tensors with the strides of those given."""
        with torch.no_grad(), self._mode:
            return [
                torch.empty_strided(each.shape, each.stride(), dtype=each.dtype, device=each.device)
                for each in like
            ]

    def trace(self, function: Callable[..., list[Tensor]], inputs: list[Any]) -> GraphModule:
        """Return a function as a graph of the operations that Inductor knows."""
        # Importing this takes a second or two, which only those pay who compile.
        from torch._inductor.decomposition import select_decomp_table

        table = {**select_decomp_table(), torch.ops.aten.complex.default: _complex}
        with torch.no_grad(), torch._C._DisableAutocast():
            traced = make_fx(function, table, tracing_mode="symbolic")(*inputs)
        # What tracing has attached besides the graph cannot be part of a key of the disk cache.
        return GraphModule(traced, traced.graph)

    def results(self, graph: GraphModule) -> list[Tensor]:
        """Return tensors like those that a traced graph returns."""
        returned: Any = graph.graph.output_node().args[0]
        return [node.meta["val"] for node in returned]

    def compiling(self) -> AbstractContextManager[object]:
        """Return the context in which a compiler finds the symbol."""
        context: AbstractContextManager[object] = tracing(TracingContext(self._mode))
        return context

    def guards(self) -> Callable[[int], bool]:
        """Return whether what has been taken for granted of B so far holds for a number."""
        expressions = [guard.expr for guard in self._shapes.guards]
        symbol = self._symbol
        return lambda size: all(bool(each.subs({symbol: size})) for each in expressions)


def _complex(real: Tensor, imaginary: Tensor) -> Tensor:
    # The meta kernel of torch.complex takes a symbolic B for a fixed number.
    return torch.view_as_complex(torch.stack([real, imaginary], -1))
