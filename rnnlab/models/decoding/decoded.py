"""What decoders read and what they return."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from rnnlab.cells.base import Tree

Step = Callable[[Tensor, Tree], tuple[Tensor, Tree]]
"""One step of a decoder: earlier tokens ``(N,)`` int64 and a state, leaves ``(N, ...)``, to
log-probabilities of the next tokens ``(N, V)`` and the next state."""


@dataclass(frozen=True)
class Decoded:
    """One token sequence for each of B examples.

    Args:
        tokens: ``(B, L)`` int64 up to and with the end token, which also fills the rest.
        lengths: ``(B,)`` int64 tokens of each, the end token included.
        log_probabilities: ``(B,)`` of each sequence under the model: the sum over its tokens.
    """

    tokens: Tensor
    lengths: Tensor
    log_probabilities: Tensor
