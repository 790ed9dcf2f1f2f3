"""What the gates do: their distributions, their time constants, one sequence in detail."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from rnnlab.cells.base import Cell
from rnnlab.compare.plots.picture import Picture
from rnnlab.diagnostics.layer_names import layer_name
from rnnlab.diagnostics.plain_numbers import plain_numbers
from rnnlab.diagnostics.plots.gate_histograms import GateHistory, draw_gate_histograms
from rnnlab.diagnostics.plots.gate_traces import UnitTrace, draw_gate_traces
from rnnlab.diagnostics.plots.time_constants import UnitTimes, draw_time_constants
from rnnlab.diagnostics.section import Section, Table, picture
from rnnlab.probing.gate_trace import GateTrace
from rnnlab.probing.gates import gate_range
from rnnlab.probing.look import Gates
from rnnlab.probing.time_constants import TimeConstants
from rnnlab.ranges import Range

_MEANING = (
    "The values of every gate over sequences, steps and units. A gate that is always open or "
    "always shut decides nothing; one that is saturated passes hardly any gradient to its own "
    "weights."
)
_TIMES = (
    "The time constant of a unit is the number of steps in which it forgets all but 1/e of its "
    "memory, by the gate that keeps it alone: -1 over the mean of the logarithm of the share f "
    "that is kept in a step. Memory may last longer by other paths."
)
_TRACES = (
    "The traces show one sequence: each unit is a row, each step a column, in the order of the "
    "input. A layer that reads backwards has at each step seen that one and all later ones."
)
MOST_LAYERS = 4
"""More layers of one sequence nobody compares."""

_SATURATED = 0.5


def gates_section(
    seen: Sequence[tuple[float, Gates]],
    times: Mapping[str, TimeConstants] | None = None,
    sequence: Mapping[str, GateTrace] | None = None,
    cells: Mapping[str, Cell] | None = None,
    *,
    length: float | None = None,
) -> Section:
    """Return what the gates do.

    Args:
        seen: Gates by epoch, as :func:`rnnlab.probing.gate_statistics.gate_summary` has them;
            findings are of the last one.
        times: Time constants by layer, of those that have a gate that keeps.
        sequence: Gates and states along one sequence, by layer.
        cells: What each of those layers runs, for the ranges of its gates.
        length: Steps of a sequence.
    """
    found = histories(seen)
    times, sequence = times or {}, sequence or {}
    units = [UnitTimes(layer_name(layer), each.tau.tolist()) for layer, each in times.items()]
    pictures = picture("gate_histograms", "Values of the gates", draw_gate_histograms, found)
    pictures += picture("time_constants", "Time constants", draw_time_constants, units, length)
    words = [_MEANING] + [_TIMES] * bool(units)
    if sequence:
        words.append(_TRACES)
        pictures += _traces(sequence, cells or {})
    return Section(
        name="gates",
        heading="Gates",
        words=tuple(words),
        findings=tuple(_findings(found, units)),
        tables=(_table(found),) if found else (),
        pictures=pictures,
        numbers=plain_numbers({"gates": list(seen), "time_constants": times, "sequence": sequence}),
    )


def _traces(sequence: Mapping[str, GateTrace], cells: Mapping[str, Cell]) -> tuple[Picture, ...]:
    pictures: tuple[Picture, ...] = ()
    for number, (layer, trace) in enumerate(list(sequence.items())[:MOST_LAYERS], start=1):
        axis = trace.axis
        title = f"One sequence in {layer_name(layer)}" + (f": {axis.name}" if axis else "")
        pictures += picture(
            f"gate_traces_{number}",
            title,
            draw_gate_traces,
            all_traces(trace, cells.get(layer)),
            axis.labels if axis else None,
            axis.values if axis else None,
        )
    return pictures


def all_traces(trace: GateTrace, cell: Cell | None = None) -> list[UnitTrace]:
    """Return the gates and then the states of a layer; of complex numbers their size.

    Args:
        trace: Of the layer.
        cell: What it runs, for the ranges of its gates.
    """
    found = []
    for gate, values in trace.gates.items():
        low, high = (None, None) if cell is None else _ends(gate_range(cell, gate))
        found.append(UnitTrace(gate, _table_of(values), low, high))
    for state, values in trace.states.items():
        name = f"state |{state}|" if values.is_complex() else f"state {state}"
        found.append(UnitTrace(name, _table_of(values)))
    return found


def _table_of(values: Tensor) -> Any:
    real = values.abs() if values.is_complex() else values
    return real.double().reshape(len(real), -1).numpy()


def _ends(bounds: Range) -> tuple[float | None, float | None]:
    low = bounds.above if bounds.min is None else bounds.min
    return low, bounds.below if bounds.max is None else bounds.max


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
                f"{of.name}: by its gate alone half of the units forget within {_steps(middle)}, "
                f"the slowest {'never' if most == math.inf else f'within {_steps(most)}'}"
            )
    return lines


def _steps(value: float) -> str:
    return f"{value:.3g} steps"


def _number(value: float | None) -> str:
    return "–" if value is None or not math.isfinite(value) else f"{value:.3g}"


def _percent(share: float | None) -> str:
    return "–" if share is None or not math.isfinite(share) else f"{100 * share:.0f}%"
