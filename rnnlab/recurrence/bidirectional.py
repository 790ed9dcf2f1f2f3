"""Two directions side by side."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlab.cells.base import Tree
from rnnlab.errors import ConfigError
from rnnlab.recurrence.layer import Layer
from rnnlab.recurrence.recurrent import Recurrent


class Bidirectional(Layer):
    """Reads a sequence in both directions (Schuster & Paliwal 1997, doi:10.1109/78.650093).

    The output at t is the forward output at t beside the backward one at t; the state is the pair
    of both states.

    Args:
        forward: A layer that reads forwards.
        backward: A layer with ``reverse=True``.

    Raises:
        ConfigError: A direction or an input size does not fit.
    """

    def __init__(self, forward: Recurrent, backward: Recurrent) -> None:
        super().__init__()
        if forward.reverse or not backward.reverse:
            raise ConfigError("the first layer must read forwards and the second backwards")
        if forward.input_size != backward.input_size:
            raise ConfigError(
                f"both layers must read the same input, not {forward.input_size} and "
                f"{backward.input_size} features"
            )
        self.forwards, self.backwards = forward, backward
        self.input_size = forward.input_size
        self.output_size = forward.output_size + backward.output_size
        self.causal = False

    def init_state(self, batch_size: int) -> Tree:
        """Return the pair of initial states."""
        return self.forwards.init_state(batch_size), self.backwards.init_state(batch_size)

    def forward(
        self,
        x: Tensor,
        state: Tree = None,
        lengths: Tensor | None = None,
        reset: Tensor | None = None,
    ) -> tuple[Tensor, Tree]:
        """Run all steps; see :meth:`Layer.forward`."""
        before, after = (None, None) if state is None else state
        ahead, before = self.forwards(x, before, lengths, reset)
        back, after = self.backwards(x, after, lengths, reset)
        return torch.cat([ahead, back], dim=-1), (before, after)

    def step(self, x: Tensor, state: Tree) -> tuple[Tensor, Tree]:
        """Refuse; see :meth:`Layer.step`."""
        raise ValueError("a bidirectional layer has no next step: it has to see the whole sequence")
