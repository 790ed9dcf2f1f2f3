"""What runs over time: the one interface of Recurrent, Bidirectional and Stack."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn

from rnnlab.cells.base import Tree
from rnnlab.recurrence.engines import Choice


class Layer(nn.Module, ABC):
    """Maps sequences ``(B, T, F)`` to sequences ``(B, T, H)`` and carries a state.

    Attributes:
        input_size: F.
        output_size: H.
        causal: Whether the output at t depends on inputs up to t only.
    """

    input_size: int
    output_size: int
    causal: bool

    @abstractmethod
    def init_state(self, batch_size: int) -> Tree:
        """Return the state before the first step: leaves ``(B, ...)``, on the layer's device."""

    @abstractmethod
    def forward(
        self,
        x: Tensor,
        state: Tree = None,
        lengths: Tensor | None = None,
        reset: Tensor | None = None,
    ) -> tuple[Tensor, Tree]:
        """Run all steps. What is in the padding, NaN included, changes nothing.

        Args:
            x: ``(B, T, F)``, padded on the right.
            state: The state before the first step; None for the initial one. It is not changed.
            lengths: ``(B,)`` int64 valid steps, 0 allowed; None for T.
            reset: ``(B, T)`` bool; True where the state returns to the initial one before a step:
                a border that nothing crosses, in either direction.

        Returns:
            Output ``(B, T, H)``, zero in the padding, and the state after the last valid steps; a
            row of length 0 keeps its state.

        Raises:
            ValueError: A shape is wrong.
            ConfigError: The engine that was asked for cannot run this.
        """

    @abstractmethod
    def step(self, x: Tensor, state: Tree) -> tuple[Tensor, Tree]:
        """Run one step: ``(B, F)`` and a state to ``(B, H)`` and the next state.

        Raises:
            ValueError: The layer reads backwards, so that it has no next step.
        """

    def engines(self) -> dict[str, str]:
        """Return which engine ran each :class:`Recurrent` last and why, by its path in here."""
        return engines_used(self)


def engines_used(module: nn.Module) -> dict[str, str]:
    """Return which engine last ran each recurrent layer inside any module, and why.

    Returns:
        ``{path: "fused (torch has a kernel for this cell)"}``, without layers that never ran; a
        layer that is ``module`` itself has the path ``recurrent``.
    """
    parts = ((name, getattr(part, "choice", None)) for name, part in module.named_modules())
    return {
        name or "recurrent": str(choice) for name, choice in parts if isinstance(choice, Choice)
    }
