"""What training steps have computed and the host has not read yet.

To read a number that an accelerator computes is to wait for it. So losses and norms stay where
they are until a step is logged, and are then read together; that a step was not finite is found
then too, and told with that step's number.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

import torch
from torch import Tensor

from rnnlab.errors import NonFinite
from rnnlab.training.gradient_norms import ParameterGroups

_MOST = 50  # batches; what was logged seldom is read as often as this


@dataclass(frozen=True)
class Read:
    """What was read.

    Args:
        loss: The mean loss of the last batch; None where there was no batch.
        norms: The norms of the last step's gradients by parameter, ``(P,)``; None without a step.
        totals: The norm of all gradients together, of each step.
    """

    loss: float | None
    norms: list[float] | None
    totals: list[float]


class Unread:
    """Losses of batches and norms of gradients, as tensors.

    Args:
        groups: Names the parameters that norms belong to.
    """

    def __init__(self, groups: ParameterGroups) -> None:
        self._groups = groups
        self._losses: list[tuple[int, Tensor]] = []
        self._steps: list[tuple[int, Tensor, Tensor]] = []
        self._may_be_infinite = False

    @property
    def full(self) -> bool:
        """Whether it is time to read, whatever is logged."""
        return len(self._losses) >= _MOST

    def add_loss(self, step: int, loss: Tensor) -> None:
        """Take the mean loss of a batch, a scalar without history, and how many steps were done."""
        self._losses.append((step, loss))

    def add_norms(self, step: int, norms: Tensor, total: Tensor, *, may_be_infinite: bool) -> None:
        """Take the norms of a step's gradients.

        Args:
            step: How many optimizer steps were done before.
            norms: By parameter, ``(P,)``.
            total: Of all together, a scalar.
            may_be_infinite: Whether a gradient scaler skips the step where one is.
        """
        self._steps.append((step, norms, total))
        self._may_be_infinite = may_be_infinite

    def read(self) -> Read:
        """Return the newest values and forget all.

        Raises:
            NonFinite: A loss or a gradient was NaN or infinite; tells of the first.
        """
        losses, steps = self._losses, self._steps
        self._losses, self._steps = [], []
        mean = _read([loss for _, loss in losses])
        totals = _read([total for _, _, total in steps])
        self._check(losses, mean, steps, totals)
        return Read(
            loss=mean[-1] if mean else None,
            norms=steps[-1][1].tolist() if steps else None,
            totals=totals,
        )

    def _check(
        self,
        losses: list[tuple[int, Tensor]],
        means: list[float],
        steps: list[tuple[int, Tensor, Tensor]],
        totals: list[float],
    ) -> None:
        faults = [
            (step, 0, f"loss is {mean} at step {step}")
            for (step, _), mean in zip(losses, means, strict=True)
            if not isfinite(mean)
        ]
        if not self._may_be_infinite:
            for (step, norms, _), total in zip(steps, totals, strict=True):
                if not isfinite(total):
                    name = self._groups.first_non_finite(norms)
                    faults.append((step, 1, f"gradient of {name} is not finite at step {step}"))
        if faults:
            raise NonFinite(min(faults)[2])


def _read(scalars: list[Tensor]) -> list[float]:
    if not scalars:
        return []
    values: list[float] = torch.stack(scalars).tolist()
    return values
