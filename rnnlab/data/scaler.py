"""Standard scaling of real values, fitted on the training part only."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Scaler:
    """``(value - mean) / std`` for each of D features, of the value or of its logarithm.

    Args:
        mean: D means, in the units of the data or of their logarithm.
        std: D standard deviations, none of them zero.
        log: Whether the natural logarithm is taken first; for positive values.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
    log: bool = False

    @classmethod
    def fit(cls, values: Tensor, *, log: bool = False) -> Scaler:
        """Fit to training values ``(..., D)``; a constant feature gets a deviation of 1."""
        values = values.log() if log else values
        flat = values.reshape(-1, values.shape[-1]).double()
        # By its range: the deviation of equal values can be a rounding error above zero.
        constant = flat.amax(0) == flat.amin(0)
        std = torch.where(constant, 1.0, flat.std(0, correction=0))
        return cls(tuple(flat.mean(0).tolist()), tuple(std.tolist()), log)

    def transform(self, values: Tensor) -> Tensor:
        """Return scaled values, ``(..., D)`` in and out."""
        values = values.log() if self.log else values
        return (values - values.new_tensor(self.mean)) / values.new_tensor(self.std)

    def inverse(self, values: Tensor) -> Tensor:
        """Return values in the units of the data, ``(..., D)`` in and out."""
        values = values * values.new_tensor(self.std) + values.new_tensor(self.mean)
        return values.exp() if self.log else values
