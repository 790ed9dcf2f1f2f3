"""The linear recurrent unit."""

from __future__ import annotations

import math
from typing import Annotated, Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rnnlab.cells import AffineCell
from rnnlab.errors import ConfigError
from rnnlab.ranges import Range


class Projected(NamedTuple):
    """What one step needs of its input.

    Args:
        drive: What is added to the state, complex ``(..., N)``.
        x: The input itself, ``(..., F)``, for the direct path to the output.
    """

    drive: Tensor
    x: Tensor


class LRU(AffineCell):
    r"""Linear recurrent unit (Orvieto et al. 2023, arXiv:2303.06349).

    .. math::
        s_t &= \Lambda s_{t-1} + \gamma \odot (B x_t), \quad
            \lambda_j = \exp(-\exp(\nu_j) + i \exp(\theta_j)) \\
        y_t &= \mathrm{Re}(C s_t) + D x_t

    The eigenvalues start uniformly on the ring between ``min_radius`` and ``max_radius``, with a
    phase below ``max_phase``; γ starts as √(1-|λ|²), so that each unit's variance is that of its
    drive (paper, sections 3.3 and 3.4). The recurrence is linear, so what stands between layers
    must not be: ``mixing=glu`` sends gelu(y) through a gated linear unit, as the blocks of the
    paper do, and ``mixing=none`` leaves y as it is. State: s, complex ``(B, N)``, at first zero.
    Output: ``(B, H)``.

    Args:
        input_size: F, features of one input step.
        hidden_size: H, outputs.
        state_size: N, complex units of the state; H where null.
        min_radius: Smallest absolute value of an eigenvalue at the start.
        max_radius: Greatest absolute value of an eigenvalue at the start.
        max_phase: Greatest phase of an eigenvalue at the start, in radians.
        mixing: What follows the recurrence: a gated linear unit, or nothing.

    Raises:
        ConfigError: ``min_radius`` is not below ``max_radius``.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: Annotated[int, Range(min=1)] = 128,
        state_size: Annotated[int, Range(min=1)] | None = None,
        min_radius: Annotated[float, Range(min=0, below=1)] = 0.0,
        max_radius: Annotated[float, Range(above=0, below=1)] = 0.999,
        max_phase: Annotated[float, Range(above=0, max=2 * math.pi)] = 2 * math.pi,
        mixing: Literal["glu", "none"] = "glu",
    ) -> None:
        super().__init__()
        if min_radius >= max_radius:
            raise ConfigError(
                f"must be below max_radius={max_radius}", key="min_radius", value=min_radius
            )
        N = hidden_size if state_size is None else state_size
        self.input_size, self.output_size, self.state_size = input_size, hidden_size, N
        self.min_radius, self.max_radius, self.max_phase = min_radius, max_radius, max_phase
        self.input = nn.Linear(input_size, 2 * N, bias=False)  # real and imaginary rows of B
        self.output = nn.Linear(2 * N, hidden_size, bias=False)  # real and imaginary part of C
        self.direct = nn.Linear(input_size, hidden_size, bias=False)
        self.mixing = nn.Linear(hidden_size, 2 * hidden_size) if mixing == "glu" else None
        self.log_decay = nn.Parameter(torch.empty(N))
        self.log_phase = nn.Parameter(torch.empty(N))
        self.log_scale = nn.Parameter(torch.empty(N))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Start the recurrence anew, as the paper does; D starts from N(0, 1/F)."""
        nn.init.normal_(self.input.weight, std=1 / math.sqrt(2 * self.input_size))
        nn.init.normal_(self.output.weight, std=1 / math.sqrt(self.state_size))
        nn.init.normal_(self.direct.weight, std=1 / math.sqrt(self.input_size))
        with torch.no_grad():
            # Uniform on the ring: the square of the radius is uniform.
            low, high = self.min_radius**2, self.max_radius**2
            square = torch.empty_like(self.log_decay).uniform_(low, high).clamp(min=1e-12)
            phase = torch.empty_like(self.log_phase).uniform_(0, self.max_phase).clamp(min=1e-6)
            self.log_decay.copy_((-0.5 * square.log()).log())
            self.log_phase.copy_(phase.log())
            self.log_scale.copy_(0.5 * torch.log1p(-square))

    def init_state(self, batch_size: int) -> Tensor:
        """Return zeros."""
        zeros = self._real(self.log_decay).new_zeros(batch_size, self.state_size)
        return torch.complex(zeros, zeros)

    def eigenvalues(self) -> Tensor:
        """Return λ, complex ``(N,)``, each of absolute value below 1."""
        radius = (-self._real(self.log_decay).exp()).exp()
        return torch.polar(radius, self._real(self.log_phase).exp())

    def project(self, x: Tensor) -> Projected:
        """Return γ B x and x itself."""
        real, imaginary = self._real(self.input(x)).chunk(2, -1)
        scale = self._real(self.log_scale).exp()
        return Projected(torch.complex(scale * real, scale * imaginary), x)

    def coefficients(self, z: Projected) -> tuple[Tensor, Tensor]:
        """Return the eigenvalues and the drive, each complex ``(..., N)``."""
        return self.eigenvalues().expand_as(z.drive), z.drive

    def readout(self, state: Tensor, z: Projected) -> Tensor:
        """Return the output: ``(..., N)`` and ``(..., F)`` to ``(..., H)``."""
        parts = torch.cat([state.real, -state.imag], -1).to(self.output.weight.dtype)
        y: Tensor = self.output(parts) + self.direct(z.x)
        return y if self.mixing is None else F.glu(self.mixing(F.gelu(y)), -1)

    def _real(self, tensor: Tensor) -> Tensor:
        # There are no complex numbers of half precision.
        return tensor.double() if self.log_decay.dtype == torch.float64 else tensor.float()
