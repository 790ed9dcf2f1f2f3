"""The steps of a trace at which there is something to linearise."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from rnnlab.data.batch import valid_steps
from rnnlab.errors import ConfigError, check_choice
from rnnlab.probing.linearised import LinearisedStep, smooth_leaves, vector_size
from rnnlab.recurrence import tree
from rnnlab.recurrence.trace import Trace

NUMBERS = 2**24
"""What is worked on at once: 128 MB in float64."""

Places = tuple[Tensor, Tensor]
"""Steps by row b and step t, ``(R,)`` each."""


class Steps:
    """The valid steps of a trace, without those before which the state was reset.

    Args:
        trace: What passed in a layer.
        state: The tensor of the state that is varied and read, by name; None for all.
        sequences: How many of the batch to take, the first ones; None for all.

    Attributes:
        names: The tensors that are varied and read.
        size: N, the real numbers in them.
        valid: The valid steps, ``(B, T)``.
        used: Those of them that something passes through, ``(B, T)``.

    Raises:
        ConfigError: There is no such tensor, or no sequence is asked for.
        ValueError: There is no valid step, or no number in the state.
    """

    def __init__(
        self, trace: Trace, state: str | None = None, sequences: int | None = None
    ) -> None:
        if state is not None:
            check_choice("state", state, trace.names)
        if sequences is not None and sequences < 1:
            raise ConfigError("must be at least 1", key="sequences", value=sequences)
        self.trace = trace
        self.names = trace.names if state is None else (state,)
        self._chosen = None if state is None else [trace.names.index(state)]
        leaves = tree.leaves(trace.states)
        smooth = [leaves[place] for place in smooth_leaves(trace.states)]
        chosen = smooth if self._chosen is None else [smooth[place] for place in self._chosen]
        self.size = sum(vector_size(leaf, axes=2) for leaf in chosen)
        if self.size == 0:
            raise ValueError("there is no real or complex number in the state to vary")
        like = tree.leaves(trace.z)[0]
        self.valid = valid_steps(trace.lengths, trace.steps, like)[:sequences]
        if not self.valid.any():
            raise ValueError("there is no valid step to measure: all sequences are empty")
        reset = None if trace.reset is None else trace.reset[:sequences]
        self.used = self.valid if reset is None else self.valid & ~reset

    def linearised(self, numbers: int) -> Iterator[tuple[Places, LinearisedStep]]:
        """Yield all steps that are used, some at a time.

        Args:
            numbers: How many numbers the caller holds for each step.
        """
        b, t = self.used.nonzero(as_tuple=True)
        together = max(1, NUMBERS // numbers)
        for first in range(0, len(b), together):
            places = b[first : first + together], t[first : first + together]
            yield places, self.at(*places)

    def at(self, b: Tensor, t: Tensor) -> LinearisedStep:
        """Return the steps at some places, linearised."""

        def before(initial: Tensor, after: Tensor) -> Tensor:
            earlier = after[b, (t - 1).clamp(min=0)]
            is_first = (t == 0).reshape(-1, *(1,) * (earlier.dim() - 1))
            return torch.where(is_first, initial[b], earlier)

        trace = self.trace
        state = tree.map_tensors(before, trace.initial, trace.states)
        z = tree.map_tensors(lambda leaf: leaf[b, t], trace.z)
        return LinearisedStep(trace.cell, z, state, self._chosen)
