"""minLSTM."""

from __future__ import annotations

from typing import Annotated, ClassVar

import torch.nn.functional as F
from torch import Tensor, nn

from rnnlab.cells.interpolating import InterpolatingCell
from rnnlab.cells.retention import Retention
from rnnlab.ranges import Range
from rnnlab_mingru.candidate import Candidate, candidate


class MinLSTM(InterpolatingCell):
    r"""Minimal LSTM (Feng et al. 2024, arXiv:2410.01201, section 3.2).

    .. math::
        f_t, i_t &= \sigma(W_{f,i} x_t + b_{f,i}) \\
        f'_t, i'_t &= f_t / (f_t + i_t),\ i_t / (f_t + i_t) \\
        h_t &= f'_t \odot h_{t-1} + i'_t \odot g(W_h x_t + b_h)

    State and output: h, ``(B, H)``, at first zero; there is no separate memory, as the output gate
    is left out too.

    Args:
        input_size: F, features of one input step.
        hidden_size: H, units.
        candidate: The function g: ``linear`` is the identity, ``positive`` that of the paper's
            appendix B.
    """

    retention: ClassVar[Retention] = Retention("forget")

    def __init__(
        self,
        input_size: int,
        hidden_size: Annotated[int, Range(min=1)] = 128,
        candidate: Candidate = "linear",
    ) -> None:
        super().__init__()
        self.input_size, self.output_size = input_size, hidden_size
        self.candidate: Candidate = candidate
        self.input = nn.Linear(input_size, 3 * hidden_size)

    def init_state(self, batch_size: int) -> Tensor:
        """Return zeros."""
        return self.input.weight.new_zeros(batch_size, self.output_size)

    def project(self, x: Tensor) -> Tensor:
        """Return both gates and the candidate before their functions: ``(..., 3H)``."""
        z: Tensor = self.input(x)
        return z

    def interpolation(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return i' and the candidate, each ``(..., H)``; f' is 1 - i'."""
        return (-_odds(z)).sigmoid(), candidate(z.chunk(3, -1)[2], self.candidate)

    def gates(self, z: Tensor, state: Tensor) -> dict[str, Tensor]:
        """Return ``forget`` and ``input``, f' and i', each ``(B, H)``; their sum is 1."""
        odds = _odds(z)
        return {"forget": odds.sigmoid(), "input": (-odds).sigmoid()}


def _odds(z: Tensor) -> Tensor:
    # f / (f + i) = sigmoid(log f - log i), which no underflow of f and i makes 0 / 0.
    forget, update, _ = z.chunk(3, -1)
    return F.logsigmoid(forget) - F.logsigmoid(update)
