"""Settings that differ in the length of their sequences, as one line each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from rnnlab.compare.flat import ABSENT, in_order, short
from rnnlab.compare.intervals import Estimate, estimate
from rnnlab.compare.numbers import interval, number
from rnnlab.diagnostics.flows import HORIZON_AFTER, HORIZON_BEFORE, Flows, Measure, is_censored

_USUAL = ("dataset.steps", "dataset.delay")


@dataclass(frozen=True)
class Line:
    """The settings that agree in all but the length.

    Args:
        name: The values of the other keys: ``cell=lstm cell.forget_bias=0``.
        settings: For each length the index of its setting.
        colour: Which colour; the same for lines of the same cell.
        dash: Which dashes; different for lines of the same colour.
    """

    name: str
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
    others = [axis for axis in flows.settings.axes if axis != key]
    by_name: dict[str, dict[float, int]] = defaultdict(dict)
    kinds: dict[str, str] = {}
    for index in _in_order(flows, others):
        flow = flows.all[index]
        shown = {axis: flow.setting.shown(axis) for axis in others}
        said = [f"{axis}={short(value)}" for axis, value in shown.items() if value != ABSENT]
        name = " ".join(said) or "all"
        length = 0.0 if key is None else _length(flow.setting.shown(key)) or 0.0
        by_name[name].setdefault(length, index)
        kinds[name] = shown.get("cell", name)
    colours = {kind: place for place, kind in enumerate(dict.fromkeys(kinds.values()))}
    dashes: dict[str, int] = defaultdict(int)
    found = []
    for name, settings in by_name.items():
        colour, kind = colours[kinds[name]], kinds[name]
        # A line alone in its colour has dashes of its own: they tell the same as the colour.
        alone = sum(other == kind for other in kinds.values()) == 1
        found.append(Line(name, settings, colour, colour if alone else dashes[kind]))
        dashes[kind] += 1
    return found


def _in_order(flows: Flows, keys: Sequence[str]) -> list[int]:
    orders = {key: in_order({flow.setting.shown(key) for flow in flows.all}) for key in keys}
    places = [
        [order.index(flow.setting.shown(key)) for key, order in orders.items()]
        for flow in flows.all
    ]
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
