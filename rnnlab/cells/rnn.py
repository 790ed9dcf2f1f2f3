"""The simple recurrent network."""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

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
from rnnlab.errors import check_choice
from rnnlab.ranges import Range

_KERNELS = {"tanh": torch.rnn_tanh, "relu": torch.rnn_relu}
_RANGES = {"tanh": Range(min=-1, max=1), "relu": Range(min=0)}
_RECURRENT_INITS = ("orthogonal", "identity", "uniform")


class RNN(FusedCell[Tensor]):
    r"""Simple recurrent network (Elman 1990, https://doi.org/10.1207/s15516709cog1402_1).

    .. math:: h_t = \phi(W x_t + b + U h_{t-1} + b')

    State and output: h, ``(B, H)``. With ``nonlinearity=relu recurrent_init=identity`` it is the
    IRNN of Le et al. 2015 (arXiv:1504.00941): U starts as the identity (times
    ``recurrent_scale``, 0.01 in the paper for tasks that need a short memory), biases as zero
    and W from N(0, 0.001²).

    Args:
        input_size: F, features of one input step.
        hidden_size: H, units.
        nonlinearity: The function φ.
        recurrent_init: How U starts: a random orthogonal matrix, the identity, or
            U(-1/√H, 1/√H) as in torch. Other weights start from U(-1/√H, 1/√H), except as said
            above for the identity.
        recurrent_scale: Multiplies the U that ``recurrent_init`` gives.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: Annotated[int, Range(min=1)] = 128,
        nonlinearity: Literal["tanh", "relu"] = "tanh",
        recurrent_init: Literal["orthogonal", "identity", "uniform"] = "orthogonal",
        recurrent_scale: Annotated[float, Range(above=0)] = 1.0,
    ) -> None:
        super().__init__()
        check_choice("nonlinearity", nonlinearity, _KERNELS)
        check_choice("recurrent_init", recurrent_init, _RECURRENT_INITS)
        self.input_size, self.output_size = input_size, hidden_size
        self.nonlinearity: Literal["tanh", "relu"] = nonlinearity
        self.recurrent_init, self.recurrent_scale = recurrent_init, recurrent_scale
        # Of the class elsewhere; here it depends on an argument.
        self.gate_ranges = {"hidden": _RANGES[nonlinearity]}  # type: ignore[misc]
        self.input = nn.Linear(input_size, hidden_size)
        self.recurrent = nn.Linear(hidden_size, hidden_size)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Start all weights anew, as ``recurrent_init`` says."""
        bound = 1 / math.sqrt(self.output_size)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)
        if self.recurrent_init == "orthogonal":
            nn.init.orthogonal_(self.recurrent.weight)
        elif self.recurrent_init == "identity":
            nn.init.eye_(self.recurrent.weight)
            nn.init.normal_(self.input.weight, std=0.001)
            nn.init.zeros_(self.input.bias)
            nn.init.zeros_(self.recurrent.bias)
        with torch.no_grad():
            self.recurrent.weight.mul_(self.recurrent_scale)

    def init_state(self, batch_size: int) -> Tensor:
        """Return zeros."""
        return self.recurrent.weight.new_zeros(batch_size, self.output_size)

    def project(self, x: Tensor) -> Tensor:
        """Return the input's part of the sum: ``(..., F)`` to ``(..., H)``."""
        z: Tensor = self.input(x)
        return z

    def gates(self, z: Tensor, state: Tensor) -> dict[str, Tensor]:
        """Return the new ``hidden`` activation ``(B, H)``: no gates, but units saturate."""
        return {"hidden": self.step(z, state)}

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        """Return the next h."""
        total: Tensor = z + self.recurrent(state)
        h = total.tanh() if self.nonlinearity == "tanh" else total.relu()
        return h.to(state.dtype)  # where autocast computes with less, the state stays as it is

    def fused(self, x: Tensor, state: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
        """Run all steps with ``torch.rnn_tanh`` or ``torch.rnn_relu``."""
        weights = affine_weights(self.input, self.recurrent)
        kernel = _KERNELS[self.nonlinearity]
        output, (h,) = run_kernel(kernel, x, [state], weights, lengths)
        return output, h

    @classmethod
    def from_torch(cls, module: nn.RNN, layer: int = 0, reverse: bool = False) -> Self:
        """Return a cell with the weights of one layer and direction of ``module``.

        Raises:
            ConfigError: There is no such layer or direction.
        """
        nonlinearity: Literal["tanh", "relu"] = "relu" if module.nonlinearity == "relu" else "tanh"
        input_size = torch_input_size(module, layer, reverse)
        cell = cls(input_size, module.hidden_size, nonlinearity=nonlinearity)
        copy_from_torch(cell.input, cell.recurrent, module, layer, reverse)
        return cell

    def to_torch(self) -> nn.RNN:
        """Return a batch-first ``nn.RNN`` of one layer with a copy of the weights."""
        module = nn.RNN(
            self.input_size, self.output_size, nonlinearity=self.nonlinearity, batch_first=True
        )
        module.to(self.recurrent.weight)
        copy_to_torch(self.input, self.recurrent, module, layer=0, reverse=False)
        return module
