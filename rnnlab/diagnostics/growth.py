"""Settings that differ in the length of their sequences, as one line each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rnnlab.compare.flat import in_order, short
from rnnlab.compare.intervals import Estimate, estimate
from rnnlab.compare.numbers import interval, number
from rnnlab.diagnostics.flows import HORIZON_AFTER, HORIZON_BEFORE, Flows, Measure, is_censored
from rnnlab.diagnostics.naming import shown_axes, telling

_USUAL = ("dataset.steps", "dataset.delay")


@dataclass(frozen=True)
class Line:
    """The settings that agree in all but the length.

    Args:
        name: The values of the other keys: ``cell=lstm cell.forget_bias=0``.
        brief: The same for a legend: ``lstm, forget_bias=0``.
        settings: For each length the index of its setting.
        colour: Which colour; the same for lines of the same cell.
        dash: Which dashes; different for lines of the same colour.
    """

    name: str
    brief: str
    settings: dict[float, int]
    colour: int
    dash: int


def length_key(flows: Flows) -> str | None:
    """Return the key of the dataset that has several numbers, ``dataset.steps`` first, or None."""
    found = [
        axis
        for axis in flows.settings.axes
        if axis.startswith("dataset.")
        and all(_length(flow.setting.shown(axis)) is not None for flow in flows.all)
    ]
    return next((key for key in _USUAL if key in found), found[0] if found else None)


def _length(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if value > 0 else None


def lines(flows: Flows, key: str | None) -> list[Line]:
    """Return all lines; without a key of the length a line of one place for each setting."""
    shown_values = shown_axes(flows)
    by_name: dict[str, dict[float, int]] = defaultdict(dict)
    kinds: dict[str, str] = {}
    briefs: dict[str, str] = {}
    for index in _in_order(shown_values, key):
        told = telling(shown_values, index, *([] if key is None else [key]))
        name = " ".join(f"{axis}={short(value)}" for axis, value in told.items()) or "all"
        length = 0.0 if key is None else _length(shown_values[index][key]) or 0.0
        by_name[name].setdefault(length, index)
        briefs[name] = ", ".join(
            short(value) if "." not in axis else f"{axis.rpartition('.')[2]}={short(value)}"
            for axis, value in told.items()
        )
        kinds[name] = shown_values[index].get("cell", name)
    colours = {kind: place for place, kind in enumerate(dict.fromkeys(kinds.values()))}
    dashes: dict[str, int] = defaultdict(int)
    unique = len(set(briefs.values())) == len(briefs)
    found = []
    for name, settings in by_name.items():
        colour, kind = colours[kinds[name]], kinds[name]
        # A line alone in its colour has dashes of its own: they tell the same as the colour.
        alone = sum(other == kind for other in kinds.values()) == 1
        brief = briefs[name] if unique else name
        found.append(Line(name, brief or name, settings, colour, colour if alone else dashes[kind]))
        dashes[kind] += 1
    return found


def _in_order(values: Sequence[Mapping[str, str]], key: str | None) -> list[int]:
    """Return the indices of settings by their values, the length apart."""
    others = [axis for axis in values[0] if axis != key]
    orders = {axis: in_order({each[axis] for each in values}) for axis in others}
    places = [[orders[axis].index(each[axis]) for axis in others] for each in values]
    return sorted(range(len(places)), key=places.__getitem__)


def values(
    flows: Flows, line: Line, measure: Measure, lengths: Sequence[float]
) -> list[list[float]]:
    """Return the value of each seed at each length; of one that was not tried there is none."""
    samples = flows.samples(measure).all
    return [
        list(samples[line.settings[length]].values.values()) if length in line.settings else []
        for length in lengths
    ]


def grown(flows: Flows, measure: Measure, key: str) -> tuple[list[str], list[list[str]]]:
    """Return head and cells of a table: a row for each line, a column for each length."""
    several = lines(flows, key)
    lengths = sorted({length for line in several for length in line.settings})
    head = ["", *(f"{key.rpartition('.')[2]}={length:g}" for length in lengths)]
    cells = []
    for line in several:
        row = [line.name]
        for length, found in zip(lengths, values(flows, line, measure, lengths), strict=True):
            index = line.settings.get(length)
            row.append("" if index is None else shown(flows, index, measure, estimate(found)))
        cells.append(row)
    return head, cells


def shown(flows: Flows, index: int, measure: Measure, found: Estimate) -> str:
    """Return a mean with its interval; ``≥`` where some gradient never fell by 1e-3."""
    if found.mean is None:
        return "–"
    least = measure in (HORIZON_BEFORE, HORIZON_AFTER) and is_censored(flows.all[index], measure)
    mean = f"{'≥ ' if least else ''}{number(found.mean)}"
    spread = found.low is not None and found.low != found.high
    return f"{mean} {interval(found.low, found.high)}" if spread else mean
