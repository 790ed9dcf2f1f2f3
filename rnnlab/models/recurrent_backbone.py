"""The recurrent backbone: layers of any cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from torch import Tensor

from rnnlab.cells.base import Cell, Tree
from rnnlab.models.backbone import Backbone
from rnnlab.ranges import Range
from rnnlab.recurrence import Bidirectional, Layer, Recurrent, Stack


class RecurrentBackbone(Backbone):
    """Layers of one kind of cell, in one direction or both.

    Args:
        input_size: E, features of one input step.
        cell: Makes a cell for an input size.
        layers: How many layers.
        bidirectional: Whether each layer reads in both directions; then each has two cells, twice
            the output size, and no next step.
        dropout: Probability of dropping each output of all layers but the last.
        residual: Whether to add a layer's input to its output, where both have the same size.
        engine: How time is run: ``auto``, ``loop``, ``fused``, ``scan``, ``compiled``.

    Raises:
        ConfigError: There is no such engine, or it cannot run this cell.
    """

    can_decode = True

    def __init__(
        self,
        input_size: int,
        cell: Callable[[int], Cell],
        layers: Annotated[int, Range(min=1)] = 1,
        bidirectional: bool = False,
        dropout: Annotated[float, Range(min=0, below=1)] = 0.0,
        residual: bool = False,
        engine: str = "auto",
    ) -> None:
        super().__init__()
        stack: list[Layer] = []
        for _ in range(layers):
            size = stack[-1].output_size if stack else input_size
            forward = Recurrent(cell(size), engine)
            layer: Layer = forward
            if bidirectional:
                backward = Recurrent(cell(size), engine, reverse=True)
                layer = Bidirectional(forward, backward)
            stack.append(layer)
        self.recurrent = Stack(stack, dropout, residual)
        self.input_size, self.output_size = input_size, self.recurrent.output_size
        self.causal = self.recurrent.causal

    def init_state(self, batch_size: int) -> Tree:
        """Return the tuple of the layers' initial states."""
        return self.recurrent.init_state(batch_size)

    def forward(
        self,
        x: Tensor,
        state: Tree = None,
        lengths: Tensor | None = None,
        reset: Tensor | None = None,
    ) -> tuple[Tensor, Tree]:
        """Run all steps; see :meth:`rnnlab.recurrence.Layer.forward`."""
        result: tuple[Tensor, Tree] = self.recurrent(x, state, lengths, reset)
        return result

    def step(self, x: Tensor, state: Tree) -> tuple[Tensor, Tree]:
        """Run one step; see :meth:`rnnlab.recurrence.Layer.step`."""
        return self.recurrent.step(x, state)

    def engines(self) -> dict[str, str]:
        """Return which engine ran each layer last, and why."""
        return self.recurrent.engines()
