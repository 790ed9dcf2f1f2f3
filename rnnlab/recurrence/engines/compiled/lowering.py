"""What runs the step of a program over time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor


class Forward(NamedTuple):
    """What a forward pass returns.

    Args:
        states: For each leaf of the state ``(T + 1, B, ...)``, contiguous: the one before the first
            step, then the one after each step.
        saved: ``(T, B, ...)`` each, contiguous.
    """

    states: list[Tensor]
    saved: list[Tensor]


class Adjoint(NamedTuple):
    """What a backward pass returns.

    Args:
        state: The adjoint of the state before the first step, ``(B, ...)`` for each leaf.
        initial: The adjoint of the state that resets return to, ``(B, ...)`` for each leaf; None
            without resets.
        following: λ, the adjoint of the state after each step as the step saw it, ``(T, B, ...)``
            for each leaf, zero in steps that are not valid; None where no gradient reads it.
        deferred: ``(T, B, ...)`` each, contiguous, zero in steps that are not valid.
    """

    state: list[Tensor]
    initial: list[Tensor] | None
    following: list[Tensor | None]
    deferred: list[Tensor]


class Lowering(ABC):
    """Runs :class:`StepProgram.forward` and :class:`StepProgram.adjoint` over T steps.

    A step that is not valid leaves the state of its row as it is. A reset replaces the state of its
    row by ``initial`` before the step; resets in steps that are not valid have been cleared.
    """

    @abstractmethod
    def forward(
        self,
        z: list[Tensor],
        state: list[Tensor],
        constants: list[Tensor],
        valid: Tensor | None,
        reset: Tensor | None,
        initial: list[Tensor] | None,
        save: bool,
    ) -> Forward:
        """Run T steps.

        Args:
            z: ``(T, B, ...)`` each; any strides.
            state: ``(B, ...)`` each; any strides.
            constants: What the prologue made; any strides.
            valid: ``(T, B)`` bool, or None where all steps are valid.
            reset: ``(T, B)`` bool, or None.
            initial: The state that a reset returns to, ``(B, ...)`` each; with ``reset`` only.
            save: Whether a backward pass follows; otherwise ``saved`` may be empty.
        """

    @abstractmethod
    def adjoint(
        self,
        z: list[Tensor],
        states: list[Tensor],
        saved: list[Tensor],
        constants: list[Tensor],
        gradients: list[Tensor | None],
        valid: Tensor | None,
        reset: Tensor | None,
        initial: list[Tensor] | None,
    ) -> Adjoint:
        """Run T steps backwards: λ of step t is its own gradient plus what step t + 1 hands back.

        Args:
            z: As in the forward pass, or None where the adjoint does not read it.
            states: ``(T + 1, B, ...)`` as the forward pass returned them: before a reset.
            saved: As the forward pass returned them.
            constants: As in the forward pass.
            gradients: Of the state after each step, ``(T, B, ...)`` for each leaf, any strides
                (the final state's is already added to the last); None for zero.
            valid: As in the forward pass.
            reset: As in the forward pass.
            initial: As in the forward pass.
        """
