"""Long short-term memory."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Self

import torch
from torch import Tensor, nn

from rnnlab.cells.base import FusedCell
from rnnlab.cells.kernels import (
    affine_weights,
    copy_from_torch,
    copy_to_torch,
    run_kernel,
    torch_input_size,
)
from rnnlab.cells.retention import Retention
from rnnlab.ranges import Range

LSTMState = tuple[Tensor, Tensor]
"""Hidden state h ``(B, H)`` and memory c ``(B, H)``."""


class LSTM(FusedCell[LSTMState]):
    r"""Long short-term memory with a forget gate (Hochreiter & Schmidhuber 1997, Gers et al. 2000).

    .. math::
        i_t, f_t, o_t &= \sigma(W_{i,f,o} x_t + b_{i,f,o} + U_{i,f,o} h_{t-1} + b'_{i,f,o}) \\
        g_t &= \tanh(W_g x_t + b_g + U_g h_{t-1} + b'_g) \\
        c_t &= f_t \odot c_{t-1} + i_t \odot g_t \\
        h_t &= o_t \odot \tanh(c_t)

    State: ``(h, c)``, each ``(B, H)``; output: h. Weights are stacked in torch's order i, f, g, o,
    with torch's two biases. A positive forget bias makes the memory last at the start of training
    (Jozefowicz et al. 2015, https://proceedings.mlr.press/v37/jozefowicz15.html).

    Args:
        input_size: F, features of one input step.
        hidden_size: H, units.
        forget_bias: Initial value of both forget biases together.
    """

    gate_ranges: ClassVar[dict[str, Range]] = {"candidate": Range(min=-1, max=1)}
    retention: ClassVar[Retention] = Retention("forget")  # of c
    state_names: ClassVar[tuple[str, ...]] = ("h", "c")

    def __init__(
        self,
        input_size: int,
        hidden_size: Annotated[int, Range(min=1)] = 128,
        forget_bias: float = 1.0,
    ) -> None:
        super().__init__()
        self.input_size, self.output_size = input_size, hidden_size
        self.forget_bias = forget_bias
        self.input = nn.Linear(input_size, 4 * hidden_size)
        self.recurrent = nn.Linear(hidden_size, 4 * hidden_size)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        r"""Draw all weights from :math:`U(-1/\sqrt H, 1/\sqrt H)`; set the forget bias."""
        bound = 1 / math.sqrt(self.output_size)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)
        forget = slice(self.output_size, 2 * self.output_size)
        with torch.no_grad():
            self.input.bias[forget] = self.forget_bias
            self.recurrent.bias[forget] = 0.0

    def init_state(self, batch_size: int) -> LSTMState:
        """Return zeros."""
        zeros = self.recurrent.weight.new_zeros(batch_size, self.output_size)
        return zeros, zeros.clone()

    def project(self, x: Tensor) -> Tensor:
        """Return the input's part of the four gates: ``(..., F)`` to ``(..., 4H)``."""
        z: Tensor = self.input(x)
        return z

    def gates(self, z: Tensor, state: LSTMState) -> dict[str, Tensor]:
        """Return ``input``, ``forget``, ``candidate`` and ``output``, each ``(B, H)``."""
        i, f, g, o = (z + self.recurrent(state[0])).chunk(4, -1)
        return {
            "input": i.sigmoid(),
            "forget": f.sigmoid(),
            "candidate": g.tanh(),
            "output": o.sigmoid(),
        }

    def step(self, z: Tensor, state: LSTMState) -> LSTMState:
        """Return the next h and c."""
        gate = self.gates(z, state)
        c = gate["forget"] * state[1] + gate["input"] * gate["candidate"]
        return gate["output"] * c.tanh(), c

    def fused(
        self, x: Tensor, state: LSTMState, lengths: Tensor | None
    ) -> tuple[Tensor, LSTMState]:
        """Run all steps with ``torch.lstm``."""
        weights = affine_weights(self.input, self.recurrent)
        output, (h, c) = run_kernel(torch.lstm, x, state, weights, lengths)
        return output, (h, c)

    @classmethod
    def from_torch(cls, module: nn.LSTM, layer: int = 0, reverse: bool = False) -> Self:
        """Return a cell with the weights of one layer and direction of ``module``.

        Raises:
            ConfigError: There is no such layer or direction, or the module has ``proj_size``.
        """
        cell = cls(torch_input_size(module, layer, reverse), module.hidden_size)
        copy_from_torch(cell.input, cell.recurrent, module, layer, reverse)
        return cell

    def to_torch(self) -> nn.LSTM:
        """Return a batch-first ``nn.LSTM`` of one layer with a copy of the weights."""
        module = nn.LSTM(self.input_size, self.output_size, batch_first=True)
        module.to(self.recurrent.weight)
        copy_to_torch(self.input, self.recurrent, module, layer=0, reverse=False)
        return module
