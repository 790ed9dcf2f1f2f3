"""Who takes part in a measurement."""

from __future__ import annotations

from typing import Any, Protocol

Array = Any
"""A numpy array, float32."""


class Candidate(Protocol):
    """One way to compute a :class:`rnnlab.bench.case.Case`.

    The compiling and whatever else is done once happens at the first call of a method.

    Attributes:
        name: What the tables call it.
    """

    name: str

    def forward(self) -> object:
        """Compute the output alone, for nobody who wants a gradient; return when it is there."""

    def forward_backward(self) -> object:
        """Compute the output and the gradients by weights and input; return when all are there."""

    def results(self) -> tuple[Array, Array]:
        """Return the output ``(B, T, H)`` and the gradient by the input ``(B, T, F)``."""

    def allocated_bytes(self) -> int | None:
        """Return how much memory :meth:`forward_backward` holds at most, or None if unknown.

        It is what the library asks for, beyond weights and input: output, gradients, and all that
        is kept or passed on between. What kernels take from the system by themselves is not
        counted, and memory that was asked for and never touched is.
        """

    def resident_bytes(self) -> int | None:
        """Return by how much it raises what the process occupies, or None if that tells nothing.

        Pages that were touched count, and the gaps that an allocator leaves between them.
        """
