"""What stands between the features of a sequence and the head."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Protocol

from torch import Tensor, nn

from rnnlab.cells.base import Tree


class Backbone(nn.Module, ABC):
    """Maps features ``(B, T, E)`` to features ``(B, T, H)`` and carries a state.

    Attributes:
        input_size: E.
        output_size: H.
        causal: Whether the output at t depends on inputs up to t only; False for bidirectional,
            where the first half of the output reads forwards and the second half backwards.
        can_decode: Whether its state can hold what an encoder found (a window of inputs cannot).
    """

    input_size: int
    output_size: int
    causal: bool = True
    can_decode: ClassVar[bool] = False

    @abstractmethod
    def init_state(self, batch_size: int) -> Tree:
        """Return the state before the first step: leaves ``(B, ...)``, on the module's device."""

    @abstractmethod
    def forward(
        self,
        x: Tensor,
        state: Tree = None,
        lengths: Tensor | None = None,
        reset: Tensor | None = None,
    ) -> tuple[Tensor, Tree]:
        """Run all steps.

        Args:
            x: ``(B, T, E)``.
            state: The state before the first step; None for the initial one.
            lengths: ``(B,)`` int64 valid steps; None for T. May be 0 for a row.
            reset: ``(B, T)`` bool; the state returns to the initial one before a True step.

        Returns:
            Output ``(B, T, H)``, zero in the padding, and the state after the last valid steps.
        """

    @abstractmethod
    def step(self, x: Tensor, state: Tree) -> tuple[Tensor, Tree]:
        """Run one step: ``(B, E)`` and a state to ``(B, H)`` and the next state.

        Raises:
            ValueError: The backbone is not causal.
        """

    def engines(self) -> dict[str, str]:
        """Return for each recurrent layer which engine ran it last and why; {} where none did."""
        return {}


class BackboneFactory(Protocol):
    """Makes a backbone; what tasks are given to build their models with."""

    def __call__(self, input_size: int, *, causal: bool = False) -> Backbone:
        """Return a backbone for E input features.

        Args:
            input_size: E.
            causal: Whether it must read in one direction only, as a decoder does.
        """
