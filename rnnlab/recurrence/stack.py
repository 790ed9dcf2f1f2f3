"""Layers on top of one another."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import cast

from torch import Tensor, nn

from rnnlab.cells.base import Tree
from rnnlab.errors import ConfigError
from rnnlab.recurrence.layer import Layer
from rnnlab.recurrence.sequence import mask_padding


class Stack(Layer):
    """Layers, each reading the output of the one below. The state is the tuple of their states.

    Args:
        layers: From the bottom up.
        dropout: Probability of dropping each output of all layers but the last, drawn anew at
            every step (Zaremba et al. 2014, arXiv:1409.2329), as in torch.
        residual: Whether to add a layer's input to its output, where both have the same size.

    Raises:
        ConfigError: There is no layer, or sizes do not fit.
    """

    def __init__(
        self, layers: Sequence[Layer], dropout: float = 0.0, residual: bool = False
    ) -> None:
        super().__init__()
        if not layers:
            raise ConfigError("a stack needs at least one layer", key="layers")
        for below, above in pairwise(layers):
            if below.output_size != above.input_size:
                raise ConfigError(
                    f"a layer of output size {below.output_size} is below one of input size "
                    f"{above.input_size}",
                    key="layers",
                )
        self.layers = nn.ModuleList(layers)
        self.dropout = nn.Dropout(dropout)
        self.residual = residual
        self.input_size, self.output_size = layers[0].input_size, layers[-1].output_size
        self.causal = all(layer.causal for layer in layers)

    def __len__(self) -> int:
        return len(self.layers)

    def __getitem__(self, index: int) -> Layer:
        return cast("Layer", self.layers[index])

    def init_state(self, batch_size: int) -> Tree:
        """Return the tuple of initial states."""
        return tuple(self[i].init_state(batch_size) for i in range(len(self)))

    def forward(
        self,
        x: Tensor,
        state: Tree = None,
        lengths: Tensor | None = None,
        reset: Tensor | None = None,
    ) -> tuple[Tensor, Tree]:
        """Run all steps; see :meth:`Layer.forward`."""
        before = [None] * len(self) if state is None else state
        if self.residual:  # it would carry what is in the padding of x into the output
            x = mask_padding(x, lengths)
        after = []
        for i in range(len(self)):
            output, last = self[i](x, before[i], lengths, reset)
            x = self._between(i, x, output)
            after.append(last)
        return x, tuple(after)

    def step(self, x: Tensor, state: Tree) -> tuple[Tensor, Tree]:
        """Run one step; see :meth:`Layer.step`."""
        after = []
        for i in range(len(self)):
            output, last = self[i].step(x, state[i])
            x = self._between(i, x, output)
            after.append(last)
        return x, tuple(after)

    def _between(self, i: int, x: Tensor, output: Tensor) -> Tensor:
        if i < len(self) - 1:
            output = self.dropout(output)
        return x + output if self.residual and x.shape == output.shape else output
