"""The table of a comparison as plain values."""

from __future__ import annotations

from dataclasses import dataclass

from rnnlab.compare.comparison import Comparison
from rnnlab.compare.numbers import interval, number

BASELINE = "baseline"
NUMBERS = ("n", "missing", "mean", "sd", "low", "high")
"""What is told of each row in full precision; ``low`` and ``high`` are the 95% interval."""


@dataclass(frozen=True)
class Row:
    """A setting, a group of settings or a naive baseline.

    Args:
        kind: ``setting``, ``group`` or ``baseline``.
        label: The values of the columns; the name of a baseline stands in the first.
        n: How many replicates the mean is over; None for a baseline.
        missing: How many runs have no value; None for a baseline.
        mean: The mean.
        sd: The standard deviation over replicates.
        low: Lower end of the 95% interval; of a baseline that differs between settings, the
            lowest.
        high: Its upper end.
    """

    kind: str
    label: tuple[str, ...]
    n: int | None
    missing: int | None
    mean: float | None
    sd: float | None
    low: float | None
    high: float | None


def rows(comparison: Comparison) -> list[Row]:
    """Return a row for each sample, best first, then one for each baseline."""
    samples = comparison.samples
    kind = "group" if samples.averaged else "setting"
    found = []
    for sample in samples.all:
        known = sample.estimate
        spread = (known.mean, known.sd, known.low, known.high)
        found.append(Row(kind, sample.label, known.n, sample.missing, *spread))
    blank = ("",) * (len(samples.columns) - 1)
    for baseline in comparison.baselines:
        ends = (None, None) if baseline.constant else (baseline.low, baseline.high)
        label = (baseline.name, *blank)
        found.append(Row(BASELINE, label, None, None, baseline.value, None, *ends))
    return found


def shown(comparison: Comparison) -> tuple[list[str], list[list[str]]]:
    """Return head and cells of the table that people read: four digits, intervals in brackets."""
    samples, known = comparison.samples, rows(comparison)
    unit = comparison.metric.unit
    mean = f"{comparison.metric.name}, {unit}" if unit else comparison.metric.name
    head = [*samples.columns, f"{samples.replicate}s", mean, "sd", "95% interval"]
    with_missing = any(row.missing for row in known)
    if with_missing:
        head.append("runs without it")
    cells = []
    for row in known:
        label = list(row.label)
        if row.kind == BASELINE:
            label[0] = f"{label[0]} ({BASELINE})"
        said = [
            "" if row.n is None else str(row.n),
            number(row.mean),
            _spread(row),
            _interval(row),
        ]
        if with_missing:
            said.append(str(row.missing or ""))
        cells.append([*label, *said])
    return head, cells


def label_columns(comparison: Comparison) -> int:
    """Return how many columns hold text; those after them hold numbers."""
    return len(comparison.samples.columns)


def _spread(row: Row) -> str:
    return "" if row.kind == BASELINE else number(row.sd)


def _interval(row: Row) -> str:
    if row.kind != BASELINE:
        return interval(row.low, row.high) if row.n != 1 else "none from one"
    return "" if row.low is None else f"{number(row.low)} to {number(row.high)}"
