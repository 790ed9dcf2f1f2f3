"""How the values of a gate are distributed, over time and over units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

import torch
from torch import Tensor

from rnnlab.data.batch import valid_steps
from rnnlab.probing.gates import gate_range, gates_read
from rnnlab.ranges import Range
from rnnlab.recurrence.trace import Trace

BINS = 20
_LOW, _HIGH = 0.1, 0.9


@dataclass(frozen=True, eq=False)
class Saturation:
    """Mean and saturation of a gate, for each of N units or steps; float64, on the CPU.

    Args:
        mean: ``(N,)``; NaN where nothing was read.
        below: ``(N,)``, share of values in the lowest tenth of the range; NaN without a range.
        above: ``(N,)``, share in the highest tenth.
    """

    mean: Tensor
    below: Tensor
    above: Tensor


@dataclass(frozen=True, eq=False)
class GateStatistics:
    """One gate of one layer over the valid steps of a batch.

    The shares of saturated values by unit are those of Karpathy et al. 2015 (arXiv:1506.02078,
    section 4.2), who call a gate left- or right-saturated below 0.1 and above 0.9.

    Args:
        low: Lower end of the histogram: that of the gate's range, or the least value seen where
            the range has no lower end.
        high: Upper end, likewise.
        counts: Values in each of 20 bins of equal width; one outside of its declared range counts
            in the outermost bin, one that is not finite in none.
        mean: Of all values; None where there is none, or one is not finite.
        below: Share of values below a tenth of the range; None where the range has an open end, so
            that nothing is saturated, or there is no value.
        above: Share of values above nine tenths of the range, likewise.
        units: For each unit, all axes behind B and T flattened.
        steps: For each of T steps, in the order of the input.
    """

    low: float
    high: float
    counts: tuple[int, ...]
    mean: float | None
    below: float | None
    above: float | None
    units: Saturation
    steps: Saturation

    def record(self) -> dict[str, Any]:
        """Return the numbers over all units and steps, for JSON."""
        names = ("low", "high", "counts", "mean", "below", "above")
        plain = {name: getattr(self, name) for name in names}
        return {**plain, "counts": list(self.counts)}


def gate_summary(traces: Mapping[str, Trace]) -> dict[str, dict[str, dict[str, Any]]]:
    """Return ``{layer: {gate: record}}``; a layer whose cell names no gates is left out.

    A record is ``{"low", "high", "counts", "mean", "below", "above"}``; see
    :class:`GateStatistics`.
    """
    found = {layer: gate_statistics(trace) for layer, trace in traces.items()}
    return {
        layer: {gate: statistics.record() for gate, statistics in gates.items()}
        for layer, gates in found.items()
        if gates
    }


def gate_statistics(trace: Trace) -> dict[str, GateStatistics]:
    """Return the distribution of every gate that the cell names."""
    lengths = trace.valid_lengths()
    rows, at = valid_steps(lengths, trace.steps, lengths).nonzero(as_tuple=True)
    if trace.reverse:
        at = lengths[rows] - 1 - at
    return {
        name: _statistics(values, at.cpu(), trace.steps, gate_range(trace.cell, name))
        for name, values in gates_read(trace).items()
    }


def _statistics(values: Tensor, at: Tensor, steps: int, bounds: Range) -> GateStatistics:
    """Return the statistics of ``(R, *)``, read at positions ``at`` ``(R,)`` of T steps."""
    values = values.cpu() if values.dtype == torch.float64 else values.cpu().float()
    values = values.unsqueeze(1).flatten(1)  # (R, N); a gate without an axis for units has one
    means = _along(values, at, steps)
    mean = _number(means[0])
    finite = values if mean is not None else values[values.isfinite()]
    low, high, bounded = _ends(finite, bounds)
    bins = (finite - low).div_(high - low).mul_(BINS).clamp_(0, BINS - 1).to(torch.uint8)
    counts = tuple(torch.bincount(bins.flatten(), minlength=BINS).tolist())
    if bounded:
        below = _along(values < low + _LOW * (high - low), at, steps)
        above = _along(values > low + _HIGH * (high - low), at, steps)
    else:
        below = above = (means[0] * torch.nan, means[1] * torch.nan)
    units, over_time = (Saturation(*each) for each in zip(means, below, above, strict=True))
    shares = _number(below[0]), _number(above[0])
    return GateStatistics(low, high, counts, mean, *shares, units, over_time)


def _along(measure: Tensor, at: Tensor, steps: int) -> tuple[Tensor, Tensor]:
    """Return the mean of ``(R, N)`` for each unit ``(N,)`` and step ``(T,)``, NaN of nothing."""
    R, N = measure.shape
    units = measure.sum(0, dtype=torch.float64) / torch.tensor(R)
    rows = measure.sum(1, dtype=torch.float64) / torch.tensor(N)
    total = torch.zeros(steps, dtype=torch.float64).index_add_(0, at, rows)
    return units, total / torch.bincount(at, minlength=steps)


def _number(units: Tensor) -> float | None:
    """Return the mean over all units, or None where there is none that is finite."""
    mean = float(units.mean())
    return mean if isfinite(mean) else None


def _ends(finite: Tensor, bounds: Range) -> tuple[float, float, bool]:
    """Return the ends of the histogram, and whether they are those of the range."""
    bottom = bounds.above if bounds.min is None else bounds.min
    top = bounds.below if bounds.max is None else bounds.max
    if bottom is not None and top is not None:
        return float(bottom), float(top), True
    least, most = (float(end) for end in finite.aminmax()) if len(finite) else (0.0, 0.0)
    low, high = least if bottom is None else bottom, most if top is None else top
    if high <= low:  # all values are equal, or outside of the range
        low, high = (low, low + 1) if top is None else (high - 1, high)
    return float(low), float(high), False
