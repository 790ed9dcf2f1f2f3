"""minGRU."""

from __future__ import annotations

from typing import Annotated, ClassVar

import torch
from torch import Tensor, nn

from rnnlab.cells.interpolating import InterpolatingCell
from rnnlab.cells.retention import Retention
from rnnlab.ranges import Range
from rnnlab_mingru.candidate import Candidate, candidate


class MinGRU(InterpolatingCell):
    r"""Minimal GRU (Feng et al. 2024, arXiv:2410.01201, section 3.1).

    .. math::
        z_t &= \sigma(W_z x_t + b_z) \\
        h_t &= (1 - z_t) \odot h_{t-1} + z_t \odot g(W_h x_t + b_h)

    Neither the gate nor the candidate sees the state, so the recurrence is affine. State and
    output: h, ``(B, H)``, at first zero.

    Args:
        input_size: F, features of one input step.
        hidden_size: H, units.
        candidate: The function g: ``linear`` is the identity, ``positive`` that of the paper's
            appendix B.
    """

    retention: ClassVar[Retention] = Retention("update", keeps="rest")

    def __init__(
        self,
        input_size: int,
        hidden_size: Annotated[int, Range(min=1)] = 128,
        candidate: Candidate = "linear",
    ) -> None:
        super().__init__()
        self.input_size, self.output_size = input_size, hidden_size
        self.candidate: Candidate = candidate
        self.input = nn.Linear(input_size, 2 * hidden_size)

    def init_state(self, batch_size: int) -> Tensor:
        """Return zeros."""
        return self.input.weight.new_zeros(batch_size, self.output_size)

    def project(self, x: Tensor) -> Tensor:
        """Return gate and candidate before their functions: ``(..., F)`` to ``(..., 2H)``."""
        z: Tensor = self.input(x)
        return z

    def interpolation(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return the gate and the candidate, each ``(..., H)``."""
        gate, total = z.chunk(2, -1)
        return gate.sigmoid(), candidate(total, self.candidate)

    def gates(self, z: Tensor, state: Tensor) -> dict[str, Tensor]:
        """Return ``update``, ``(B, H)``."""
        return {"update": torch.sigmoid(z.chunk(2, -1)[0])}
