"""A candidate that runs in JAX, jitted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from rnnlab.bench.candidate import Array
from rnnlab.bench.case import Case


class JaxFunction:
    """A function of weights and input, compiled whole by XLA.

    Args:
        name: What the tables call it.
        function: From weights, a tree of arrays, and ``(B, T, F)`` to ``(B, T, H)``.
        weights: The weights.
        case: What to compute.
    """

    def __init__(
        self, name: str, function: Callable[[Any, Any], Any], weights: Any, case: Case
    ) -> None:
        self.name = name
        self._weights = jax.tree.map(jax.numpy.asarray, weights)
        self._x = jax.numpy.asarray(case.x.detach().numpy())
        self._cotangent = jax.numpy.asarray(case.cotangent.numpy())

        def output_and_gradients(weights: Any, x: Any, cotangent: Any) -> Any:
            output, pull_back = jax.vjp(function, weights, x)
            return output, pull_back(cotangent)

        self._forward = jax.jit(function)
        self._both = jax.jit(output_and_gradients)

    def forward(self) -> object:
        """Compute the output; see :class:`Candidate`."""
        return jax.block_until_ready(self._forward(self._weights, self._x))

    def forward_backward(self) -> Any:
        """Compute output and gradients; see :class:`Candidate`."""
        return jax.block_until_ready(self._both(self._weights, self._x, self._cotangent))

    def results(self) -> tuple[Array, Array]:
        """Return output and gradient by the input; see :class:`Candidate`."""
        output, (_, by_input) = self.forward_backward()
        return np.asarray(output), np.asarray(by_input)

    def allocated_bytes(self) -> int | None:
        """Return what XLA has planned for results and temporary buffers."""
        lowered = self._both.lower(self._weights, self._x, self._cotangent)
        planned = lowered.compile().memory_analysis()
        if planned is None:
            return None
        return int(planned.temp_size_in_bytes + planned.output_size_in_bytes)

    def resident_bytes(self) -> None:
        """Return None: XLA keeps its memory from call to call, so that a call raises nothing."""
