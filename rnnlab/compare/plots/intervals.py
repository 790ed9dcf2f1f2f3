"""The mean of each setting with its interval, and its single runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rnnlab.compare.comparison import Comparison
from rnnlab.compare.flat import short
from rnnlab.compare.plots.style import COLOURS, GREY, grid, label, labelled_by, new_figure
from rnnlab.compare.sample import Sample

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 40
"""More settings are not readable in one picture."""

_BASELINES = 3
_FAR = 4.0  # times the span of all values
_DASHES = ("--", ":", "-.")


def draw_intervals(comparison: Comparison) -> Figure:
    """Draw a row for each setting, the best on top, and a line for each of the best baselines."""
    samples = comparison.samples
    present = [sample for sample in samples.all if sample.values]
    drawn = present[:MOST]
    figure = new_figure(8.2, 1.9 + 0.3 * len(drawn))
    axes = figure.subplots()
    for place, sample in enumerate(drawn):
        found = sample.estimate
        values = list(sample.values.values())
        axes.scatter(values, [place + 0.24] * len(values), s=14, color="0.62", linewidths=0)
        if found.low is not None and found.high is not None:
            axes.plot([found.low, found.high], [place, place], color=COLOURS[0], linewidth=2)
        axes.scatter([found.mean or 0.0], [place], s=42, color=COLOURS[0], zorder=3)
    _frame(axes, comparison, drawn)
    axes.set_yticks(range(len(drawn)), [label(samples, sample) for sample in drawn])
    axes.set_ylim(len(drawn) - 0.4, -0.6)
    axes.set_ylabel(labelled_by(samples))
    axes.set_xlabel(comparison.metric.axis)
    grid(axes, "x")
    _explain(figure, axes, comparison, len(drawn), len(present))
    return figure


def _frame(axes: Axes, comparison: Comparison, drawn: Sequence[Sample]) -> None:
    """Draw baselines, and choose what part of the axis is seen.

    Two seeds may have an interval a hundred times as wide as they are apart, and a baseline may be
    as far away: neither may squeeze all others into one line.
    """
    values = [value for sample in drawn for value in sample.values.values()]
    low, high = min(values), max(values)
    span = (high - low) or abs(high) or 1.0
    near = [low, high]
    for place, baseline in enumerate(comparison.baselines[:_BASELINES]):
        if not baseline.constant:
            continue
        seen = low - _FAR * span <= baseline.value <= high + _FAR * span
        name = short(f"{baseline.name} (baseline)")
        near += [baseline.value] * seen
        axes.plot(
            [baseline.value] * 2 if seen else [],
            [-0.6, len(drawn) - 0.4] if seen else [],
            color=COLOURS[1],
            linestyle=_DASHES[place],
            linewidth=1.4,
            label=name if seen else f"{name}, out of sight at {baseline.value:.4g}",
        )
    for sample in drawn:
        found = sample.estimate
        if found.low is not None and found.high is not None:
            near += [max(found.low, low - 0.6 * span), min(found.high, high + 0.6 * span)]
    margin = 0.04 * ((max(near) - min(near)) or 1.0)
    axes.set_xlim(min(near) - margin, max(near) + margin)


def _explain(figure: Figure, axes: Axes, comparison: Comparison, drawn: int, present: int) -> None:
    from matplotlib.lines import Line2D

    replicate = comparison.samples.replicate
    mean = Line2D([], [], color=COLOURS[0], marker="o", linewidth=2)
    single = Line2D([], [], color="0.62", marker="o", markersize=4, linestyle="none")
    lines, names = axes.get_legend_handles_labels()
    figure.legend(
        [mean, single, *lines],
        [f"mean and 95% interval over {replicate}s", f"one {replicate}", *names],
        loc="outside upper left",
        ncols=2,
        frameon=False,
    )
    said = [f"the first {drawn} of {present}"] if drawn < present else []
    left, right = axes.get_xlim()
    ends = [sample.estimate for sample in comparison.samples.all[:drawn]]
    if any(each.low is not None and each.low < left for each in ends) or any(
        each.high is not None and each.high > right for each in ends
    ):
        said.append("intervals that reach the frame go on beyond it")
    if said:
        figure.supxlabel("; ".join(said), fontsize=8, color=GREY)
