"""How long a unit remembers, by its forget gate."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from rnnlab.probing.gates import gates_read
from rnnlab.recurrence.trace import Trace


@dataclass(frozen=True, eq=False)
class TimeConstants:
    r"""The time in which each unit's memory falls to 1/e by the gate that multiplies it.

    After n steps a memory has been multiplied by :math:`\prod_t f_t = e^{\sum_t \ln f_t}`, so
    :math:`\tau = -1 / \overline{\ln f}` is exact for the steps that were read, whatever the order
    of the gate's values; the mean of f itself would make a gate that now and then closes look as if
    it remembered. The memory also lasts by other paths, as that of a GRU through its candidate and
    that of an LSTM through h: this is the path that the gate opens alone.

    Args:
        tau: ``(N,)`` float64, in steps: infinite where the gate never forgets, zero where it
            once closed to 0. On the CPU, all axes of the units flattened.
        kept: ``(N,)`` float64, what is kept in one step, :math:`e^{-1/\tau}`.
        gate: The name of the gate.
    """

    tau: Tensor
    kept: Tensor
    gate: str


def time_constants(trace: Trace) -> TimeConstants | None:
    """Return how long each unit's memory lasts, over the valid steps of all rows.

    NaN where nothing was read. None for a cell without a gate that keeps its state; see
    :attr:`rnnlab.cells.Cell.retention`.
    """
    retention = trace.cell.retention
    if retention is None:
        return None
    read = gates_read(trace)[retention.gate].cpu().double()  # (R, *)
    mean_log = retention.kept(read).log().mean(0).flatten()
    # Logarithms of shares are never positive, and -1 / 0 would be minus infinity.
    return TimeConstants(1 / mean_log.abs(), mean_log.exp(), retention.gate)
