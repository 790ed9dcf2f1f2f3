"""Cells whose next state lies between the last one and a candidate."""

from __future__ import annotations

from abc import abstractmethod

from torch import Tensor

from rnnlab.cells.base import AffineCell, Tree


class InterpolatingCell(AffineCell):
    r"""An affine cell that goes a part of the way to a candidate.

    .. math:: s_t = (1 - u_t) \odot s_{t-1} + u_t \odot c_t

    Of this form are leaky integrators and gated averages. It is worth saying: the ``scan`` engine
    then computes both products, and their gradients, within its one pass over time.
    """

    @abstractmethod
    def interpolation(self, z: Tree) -> tuple[Tensor, Tensor]:
        """Return u and c, each ``(..., *)`` as the state ``(B, *)``; leading axes only, as project.

        Args:
            z: The projected input, leaves ``(..., *)``.
        """

    def coefficients(self, z: Tree) -> tuple[Tensor, Tensor]:
        """Return 1 - u and u * c."""
        u, c = self.interpolation(z)
        return 1 - u, u * c
