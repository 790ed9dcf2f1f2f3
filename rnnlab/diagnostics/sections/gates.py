"""What the gates do: their distributions, their time constants, one sequence in detail."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from rnnlab.diagnostics.layer_names import layer_name
from rnnlab.diagnostics.plain_numbers import plain_numbers
from rnnlab.diagnostics.plots.gate_histograms import GateHistory, draw_gate_histograms
from rnnlab.diagnostics.plots.gate_traces import UnitTrace, draw_gate_traces
from rnnlab.diagnostics.plots.time_constants import UnitTimes, draw_time_constants
from rnnlab.diagnostics.section import Section, Table, picture

Gates = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""``{layer: {gate: {"low", "high", "counts", "mean", "below", "above"}}}``."""

_MEANING = (
    "The values of every gate over sequences, steps and units. A gate that is always open or "
    "always shut decides nothing; one that is saturated passes hardly any gradient to its own "
    "weights."
)
_TIMES = (
    "The time constant of a unit is the number of steps in which it forgets all but 1/e of its "
    "memory, by the forget gate alone: -1 over the mean of ln f."
)
_SATURATED = 0.5


def gates_section(
    seen: Sequence[tuple[float, Gates]],
    times: Sequence[UnitTimes] = (),
    length: float | None = None,
    traces: Sequence[UnitTrace] = (),
    tokens: Sequence[str] | None = None,
    inputs: Any = None,
) -> Section:
    """Return what the gates do.

    Args:
        seen: Gates by epoch; findings are of the last one.
        times: Time constants of each layer's units, where it has a forget gate.
        length: Steps of a sequence.
        traces: Gates and states along one sequence.
        tokens: What that sequence is of, where it is tokens.
        inputs: ``(T, features)``, where it is values.
    """
    found = histories(seen)
    pictures = picture(
        "gate_histograms", "Values of the gates", draw_gate_histograms, found
    ) + picture("time_constants", "Time constants", draw_time_constants, times, length)
    words = [_MEANING] + [_TIMES] * bool(times)
    if traces:
        words.append(
            "The traces show one sequence: each unit is a row, each step a column, in the order of "
            "the input."
        )
        pictures += picture(
            "gate_traces", "One sequence in detail", draw_gate_traces, traces, tokens, inputs
        )
    return Section(
        name="gates",
        heading="Gates",
        words=tuple(words),
        findings=tuple(_findings(found, times)),
        tables=(_table(found),) if found else (),
        pictures=pictures,
        numbers=plain_numbers(
            {"histograms": found, "time_constants": times, "traces": traces, "tokens": tokens}
        ),
    )


def histories(seen: Sequence[tuple[float, Gates]]) -> list[GateHistory]:
    """Return each gate's distribution over training, on bins that are the same at all epochs."""
    names = dict.fromkeys(
        (layer, gate) for _, gates in seen for layer, by_name in gates.items() for gate in by_name
    )
    found = []
    for layer, gate in names:
        known = [
            (epoch, gates[layer][gate]) for epoch, gates in seen if gate in gates.get(layer, {})
        ]
        low = min(float(record["low"]) for _, record in known)
        high = max(float(record["high"]) for _, record in known)
        records = [record for _, record in known]
        found.append(
            GateHistory(
                f"{layer_name(layer)}, {gate}",
                low,
                high,
                [epoch for epoch, _ in known],
                [rebinned(record, low, high) for record in records],
                [record["mean"] for record in records],
                [record["below"] for record in records],
                [record["above"] for record in records],
            )
        )
    return found


def rebinned(record: Mapping[str, Any], low: float, high: float) -> list[float]:
    """Return counts on as many bins from low to high, values spread evenly within a bin.

    A gate without a range has at each epoch the ends of what it took there.
    """
    counts = [float(count) for count in record["counts"]]
    start, end = float(record["low"]), float(record["high"])
    if (start, end) == (low, high):
        return counts
    bins = len(counts)
    old, new = (end - start) / bins, (high - low) / bins
    spread = [0.0] * bins
    for place, count in enumerate(counts):
        left, right = start + place * old, start + (place + 1) * old
        for bin_ in range(bins):
            overlap = min(right, low + (bin_ + 1) * new) - max(left, low + bin_ * new)
            if overlap > 0:
                spread[bin_] += count * overlap / old
    return spread


def _table(found: Sequence[GateHistory]) -> Table:
    rows = tuple(
        (
            each.name,
            f"{each.low:.3g} to {each.high:.3g}",
            _number(each.means[-1]),
            _percent(each.below[-1]),
            _percent(each.above[-1]),
        )
        for each in found
    )
    return Table(("gate", "range", "mean", "in the lowest tenth", "in the highest tenth"), rows)


def _findings(found: Sequence[GateHistory], times: Sequence[UnitTimes]) -> list[str]:
    lines = []
    for each in found:
        for share, end in ((each.below[-1], "lowest"), (each.above[-1], "highest")):
            if share is not None and share >= _SATURATED:
                lines.append(
                    f"{each.name}: {_percent(share)} of its values are in the {end} tenth of its "
                    "range"
                )
    for of in times:
        values = sorted(value for value in of.steps if not math.isnan(value))
        if values:
            middle, most = values[len(values) // 2], values[-1]
            lines.append(
                f"{of.name}: by its forget gate half its units forget within {_steps(middle)}, the "
                f"slowest {'never' if most == math.inf else f'within {_steps(most)}'}"
            )
    return lines


def _steps(value: float) -> str:
    return f"{value:.3g} steps"


def _number(value: float | None) -> str:
    return "–" if value is None or not math.isfinite(value) else f"{value:.3g}"


def _percent(share: float | None) -> str:
    return "–" if share is None or not math.isfinite(share) else f"{100 * share:.0f}%"
