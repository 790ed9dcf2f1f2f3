"""What values a gate takes, while training, and how much of it is saturated."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rnnlab.compare.flat import short
from rnnlab.compare.plots.style import COLOURS, DASHES, SCALE, grid, new_figure
from rnnlab.diagnostics.plots.panels import (
    MOST,
    columns_of,
    edges,
    first_of,
    note,
    whole_numbers,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ACROSS = 4


@dataclass(frozen=True)
class GateHistory:
    """How the values of one gate were distributed, over sequences, steps and units.

    Args:
        name: Of the layer and its gate.
        low: Lower end of the histogram: of the gate's range.
        high: Upper end.
        epochs: When it was measured, ascending.
        counts: For each epoch how many values fell into each of the equal bins from low to high.
        means: For each epoch the mean value; None or NaN where not finite.
        below: For each epoch the share of values in the lowest tenth of the range.
        above: For each epoch the share of values in the highest tenth.
    """

    name: str
    low: float
    high: float
    epochs: Sequence[float]
    counts: Sequence[Sequence[float]]
    means: Sequence[float | None]
    below: Sequence[float | None]
    above: Sequence[float | None]


def draw_gate_histograms(histories: Sequence[GateHistory]) -> Figure | None:
    """Draw a panel for each gate: distributions over training, or one histogram of one epoch.

    None where no gate was measured.
    """
    known = [each for each in histories if len(each.epochs) and len(each.counts[0])]
    if not known:
        return None
    drawn = known[:MOST]
    columns = columns_of(len(drawn), _ACROSS)
    rows = -(-len(drawn) // columns)
    over_time = any(len(each.epochs) > 1 for each in drawn)
    heights = [2.3, 1.1] if over_time else [2.5]
    figure = new_figure(max(5.2, 1.5 + 3.0 * columns), 0.9 + (sum(heights) + 0.3) * rows)
    found = figure.subplots(
        rows * len(heights), columns, squeeze=False, height_ratios=heights * rows
    )
    most = max(max(_shares(row), default=0.0) for each in drawn for row in each.counts)
    picture = None
    for place in range(rows * columns):
        row, column = divmod(place, columns)
        axes = [found[row * len(heights) + part][column] for part in range(len(heights))]
        if place >= len(drawn):
            for each in axes:
                each.remove()
        elif over_time:
            picture = _over_training(axes[0], axes[1], drawn[place], most, column == 0)
        else:
            _at_once(axes[0], drawn[place], column == 0)
    if picture is not None:
        lines = found[1][0].get_lines()
        figure.legend(handles=lines, loc="outside upper left", ncols=2, frameon=False, fontsize=8.5)
        bar = figure.colorbar(picture, ax=found.ravel().tolist(), aspect=40)
        bar.set_label("share of all values in a field")
    note(
        figure,
        "a gate is saturated in the lowest and highest tenth of its range"
        + ("; white line: mean" if over_time else "; grey: that tenth; dashed line: mean"),
        first_of(len(drawn), len(known), "gates"),
    )
    return figure


def _shares(counts: Sequence[float]) -> list[float]:
    total = sum(counts)
    return [count / total for count in counts] if total > 0 else [math.nan] * len(counts)


def _over_training(
    heat: Axes, lines: Axes, history: GateHistory, most: float, leftmost: bool
) -> Any:
    import numpy as np
    from matplotlib.colors import PowerNorm
    from matplotlib.patheffects import withStroke

    field = np.array([_shares(row) for row in history.counts]).T
    places = edges(history.epochs)
    levels = np.linspace(history.low, history.high, field.shape[0] + 1)
    # The square root: a saturated gate has half its values in one field, the rest is to be seen.
    norm = PowerNorm(0.5, 0.0, most if most > 0 else 1.0)
    heat.set_facecolor("0.92")
    picture = heat.pcolorfast(places, levels, field, cmap=SCALE, norm=norm)
    means = [math.nan if mean is None else mean for mean in history.means]
    heat.plot(
        history.epochs,
        means,
        color="white",
        linewidth=1.6,
        marker="o" if len(means) == 1 else None,
        path_effects=[withStroke(linewidth=3, foreground="black")],
    )
    heat.set_title(short(history.name, 34), fontsize=9.5)
    heat.spines[:].set_visible(False)
    heat.tick_params(labelbottom=False)
    for place, (shares, name) in enumerate(
        ((history.above, "highest tenth"), (history.below, "lowest tenth"))
    ):
        values = [math.nan if share is None else 100 * share for share in shares]
        lines.plot(
            history.epochs,
            values,
            color=COLOURS[place],
            linestyle=DASHES[place],
            linewidth=1.8,
            marker="o" if len(values) == 1 else None,
            label=f"share of values in the {name}",
        )
    lines.set_ylim(-4, 104)
    lines.set_yticks([0, 50, 100])
    lines.set_xlabel("training (epoch)")
    for axes in (heat, lines):
        axes.set_xlim(places[0], places[-1])
        whole_numbers(axes, "x", 5)
    grid(lines, "both")
    if leftmost:
        heat.set_ylabel("value of the gate")
        lines.set_ylabel("saturated\n(% of values)")
    return picture


def _at_once(axes: Axes, history: GateHistory, leftmost: bool) -> None:
    shares = [100 * share for share in _shares(history.counts[0])]
    width = (history.high - history.low) / len(shares)
    middles = [history.low + (place + 0.5) * width for place in range(len(shares))]
    tenth = (history.high - history.low) / 10
    for start in (history.low, history.high - tenth):
        axes.axvspan(start, start + tenth, color="0.92", zorder=0)
    axes.bar(middles, shares, width=0.92 * width, color=COLOURS[0])
    mean = history.means[0]
    if mean is not None and math.isfinite(mean):
        axes.axvline(mean, color="black", linewidth=1.4, linestyle=(0, (4, 2)))
    ends = [history.below[0], history.above[0]]
    low, high = ("–" if share is None else f"{100 * share:.0f}%" for share in ends)
    axes.set_title(f"{short(history.name, 34)}\n{low} low, {high} high", fontsize=9.5)
    axes.set_xlabel("value of the gate")
    axes.set_xlim(history.low, history.high)
    if leftmost:
        axes.set_ylabel("values (%)")
