"""What stands between the features of a sequence and the head."""

from __future__ import annotations

from typing import ClassVar, Protocol

from rnnlab.recurrence.layer import Layer


class Backbone(Layer):
    """Maps features ``(B, T, E)`` to features ``(B, T, H)`` and carries a state.

    Attributes:
        causal: Whether the output at t depends on inputs up to t only; False for bidirectional,
            where the first half of the output reads forwards and the second half backwards.
        can_decode: Whether its state can hold what an encoder found (a window of inputs cannot).
    """

    causal: bool = True
    can_decode: ClassVar[bool] = False


class BackboneFactory(Protocol):
    """Makes a backbone; what tasks are given to build their models with."""

    def __call__(self, input_size: int, *, causal: bool = False) -> Backbone:
        """Return a backbone for E input features.

        Args:
            input_size: E.
            causal: Whether it must read in one direction only, as a decoder does.
        """
