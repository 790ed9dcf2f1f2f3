"""Gated recurrent unit."""

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


class GRU(FusedCell[Tensor]):
    r"""Gated recurrent unit (Cho et al. 2014, arXiv:1406.1078), in the convention of torch.

    .. math::
        r_t, z_t &= \sigma(W_{r,z} x_t + b_{r,z} + U_{r,z} h_{t-1} + b'_{r,z}) \\
        n_t &= \tanh(W_n x_t + b_n + r_t \odot (U_n h_{t-1} + b'_n)) \\
        h_t &= (1 - z_t) \odot n_t + z_t \odot h_{t-1}

    As in torch and cuDNN the reset gate acts after the recurrent product, and the update gate z
    keeps the old state where it is 1; the paper resets h before the product. State and output: h,
    ``(B, H)``. Weights are stacked in torch's order r, z, n.

    Args:
        input_size: F, features of one input step.
        hidden_size: H, units.
    """

    gate_ranges: ClassVar[dict[str, Range]] = {"candidate": Range(min=-1, max=1)}
    retention: ClassVar[Retention] = Retention("update")

    def __init__(self, input_size: int, hidden_size: Annotated[int, Range(min=1)] = 128) -> None:
        super().__init__()
        self.input_size, self.output_size = input_size, hidden_size
        self.input = nn.Linear(input_size, 3 * hidden_size)
        self.recurrent = nn.Linear(hidden_size, 3 * hidden_size)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        r"""Draw all weights from :math:`U(-1/\sqrt H, 1/\sqrt H)`."""
        bound = 1 / math.sqrt(self.output_size)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def init_state(self, batch_size: int) -> Tensor:
        """Return zeros."""
        return self.recurrent.weight.new_zeros(batch_size, self.output_size)

    def project(self, x: Tensor) -> Tensor:
        """Return the input's part of the three gates: ``(..., F)`` to ``(..., 3H)``."""
        z: Tensor = self.input(x)
        return z

    def gates(self, z: Tensor, state: Tensor) -> dict[str, Tensor]:
        """Return ``reset``, ``update`` and ``candidate``, each ``(B, H)``."""
        input_r, input_z, input_n = z.chunk(3, -1)
        recurrent_r, recurrent_z, recurrent_n = self.recurrent(state).chunk(3, -1)
        reset = (input_r + recurrent_r).sigmoid()
        return {
            "reset": reset,
            "update": (input_z + recurrent_z).sigmoid(),
            "candidate": (input_n + reset * recurrent_n).tanh(),
        }

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        """Return the next h."""
        gate = self.gates(z, state)
        return gate["candidate"] + gate["update"] * (state - gate["candidate"])

    def fused(self, x: Tensor, state: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
        """Run all steps with ``torch.gru``."""
        weights = affine_weights(self.input, self.recurrent)
        output, (h,) = run_kernel(torch.gru, x, [state], weights, lengths)
        return output, h

    @classmethod
    def from_torch(cls, module: nn.GRU, layer: int = 0, reverse: bool = False) -> Self:
        """Return a cell with the weights of one layer and direction of ``module``.

        Raises:
            ConfigError: There is no such layer or direction.
        """
        cell = cls(torch_input_size(module, layer, reverse), module.hidden_size)
        copy_from_torch(cell.input, cell.recurrent, module, layer, reverse)
        return cell

    def to_torch(self) -> nn.GRU:
        """Return a batch-first ``nn.GRU`` of one layer with a copy of the weights."""
        module = nn.GRU(self.input_size, self.output_size, batch_first=True)
        module.to(self.recurrent.weight)
        copy_to_torch(self.input, self.recurrent, module, layer=0, reverse=False)
        return module
