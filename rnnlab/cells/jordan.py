"""The network whose output is fed back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, ClassVar, Literal

import torch
from torch import Tensor, nn

from rnnlab.cells.base import Cell
from rnnlab.errors import check_choice
from rnnlab.ranges import Range

_NONLINEARITIES: dict[str, Callable[[Tensor], Tensor]] = {
    "identity": lambda total: total,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
}


class Jordan(Cell[Tensor]):
    r"""Network whose output is fed back (Jordan 1986).

    .. math::
        h_t &= \tanh(W x_t + U y_{t-1} + b) \\
        y_t &= \phi(V h_t + c)

    The hidden units remember nothing: what passes from step to step is the output y alone.
    State and output: y, ``(B, output_size)``. Jordan's decaying traces of earlier outputs are left
    out. Source: M. I. Jordan, Serial order: a parallel distributed processing approach, ICS report
    8604, 1986 (https://doi.org/10.1016/S0166-4115(97)80111-2).

    Args:
        input_size: F, features of one input step.
        hidden_size: Hidden units h.
        output_size: Outputs y, which are fed back.
        output_nonlinearity: The function φ.
    """

    gate_ranges: ClassVar[dict[str, Range]] = {"hidden": Range(min=-1, max=1)}

    def __init__(
        self,
        input_size: int,
        hidden_size: Annotated[int, Range(min=1)] = 128,
        output_size: Annotated[int, Range(min=1)] = 128,
        output_nonlinearity: Literal["identity", "tanh", "sigmoid"] = "identity",
    ) -> None:
        super().__init__()
        check_choice("output_nonlinearity", output_nonlinearity, _NONLINEARITIES)
        self.input_size, self.output_size = input_size, output_size
        self.output_nonlinearity = output_nonlinearity
        self.input = nn.Linear(input_size, hidden_size)
        self.feedback = nn.Linear(output_size, hidden_size, bias=False)
        self.output = nn.Linear(hidden_size, output_size)

    def init_state(self, batch_size: int) -> Tensor:
        """Return zeros."""
        return self.output.weight.new_zeros(batch_size, self.output_size)

    def project(self, x: Tensor) -> Tensor:
        """Return the input's part of the hidden sum: ``(..., F)`` to ``(..., hidden_size)``."""
        z: Tensor = self.input(x)
        return z

    def gates(self, z: Tensor, state: Tensor) -> dict[str, Tensor]:
        """Return the ``hidden`` activation ``(B, hidden_size)``: no gates, but units saturate."""
        return {"hidden": (z + self.feedback(state)).tanh()}

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        """Return the next y."""
        total: Tensor = self.output(self.gates(z, state)["hidden"])
        y = _NONLINEARITIES[self.output_nonlinearity](total)
        return y.to(state.dtype)  # where autocast computes with less, the state stays as it is
