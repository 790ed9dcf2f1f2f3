"""Which of a cell's gates makes its state last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from torch import Tensor


@dataclass(frozen=True)
class Retention:
    """The gate that multiplies the old state where the new one is made, unit by unit.

    Its name does not say so: the update gate of torch's GRU keeps the old state where it is 1, that
    of minGRU where it is 0.

    Args:
        gate: One of those that :meth:`rnnlab.cells.Cell.gates` returns.
        keeps: What multiplies the old state: the ``gate`` itself, or the ``rest``, 1 - gate.
    """

    gate: str
    keeps: Literal["gate", "rest"] = "gate"

    def kept(self, value: Tensor) -> Tensor:
        """Return the share of the old state that is kept, for values of the gate."""
        return value if self.keeps == "gate" else 1 - value
