"""Free running on real values: each is read at the next step."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlab.cells.base import Tree
from rnnlab.models.decoding.decoded import Step


def feed_back(step: Step, state: Tree, begin: Tensor, steps: int) -> Tensor:
    """Return values ``(B, steps, D)``.

    Args:
        step: Earlier values ``(B, D)`` and a state to the next values and state.
        state: Before the first step.
        begin: ``(B, D)``, read at the first step.
        steps: How many, at least 1.
    """
    values, made = begin, []
    for _ in range(steps):
        values, state = step(values, state)
        made.append(values)
    return torch.stack(made, 1)
