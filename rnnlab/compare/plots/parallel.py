"""Three or more keys that were varied: a line for each setting across all of them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from rnnlab.compare.comparison import Comparison
from rnnlab.compare.flat import in_order, short
from rnnlab.compare.plots.style import SCALE, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_AXES = 12
_MOST_TICKS = 12


def draw_parallel(comparison: Comparison) -> Figure | None:
    """Draw the settings; None where fewer than three keys were varied.

    The values of a key stand evenly spaced in their order. The last axis is the metric, its better
    end on top; the better a setting, the brighter its line, and it is drawn over the others.
    """
    samples = comparison.samples
    if len(samples.axes) < 3:
        return None
    keys = samples.axes[:_MOST_AXES]
    present = [sample for sample in samples.all if sample.values]
    metric = comparison.metric
    figure = new_figure(min(16.0, 2.6 + 1.7 * len(keys)), 4.8)
    axes = figure.subplots()
    means = [sample.estimate.mean or 0.0 for sample in present]
    low, high = min(means), max(means)
    span = high - low or 1.0
    heights = [
        (high - mean) / span if metric.better == "lower" else (mean - low) / span for mean in means
    ]
    orders = []
    for key in keys:
        place = samples.columns.index(key)
        orders.append((place, in_order({sample.label[place] for sample in samples.all})))
    worst_first = sorted(range(len(present)), key=lambda index: heights[index])
    for index in worst_first:
        ys = [_height(order, present[index].label[place]) for place, order in orders]
        _line(axes, [*ys, heights[index]], heights[index])
    for column, (_, order) in enumerate(orders):
        _ticks(axes, column, [(_height(order, value), short(value, 18)) for value in order])
    ends = (high, low) if metric.better == "lower" else (low, high)
    _ticks(axes, len(keys), [(share, f"{ends[0] + share * (ends[1] - ends[0]):.3g}")
                             for share in (0.0, 0.25, 0.5, 0.75, 1.0)])  # fmt: skip
    names = [*(short(key, 22) for key in keys), f"mean of\n{metric.name}"]
    axes.set_xticks(range(len(names)), [name.replace(".", ".\n", 1) for name in names])
    axes.tick_params(axis="x", length=0, labeltop=True, labelbottom=False)
    axes.set_yticks([])
    axes.set_xlim(-0.9, len(keys) + 0.55)
    axes.set_ylim(-0.06, 1.06)
    axes.spines[:].set_visible(False)
    said = f"{metric.better} is better, and on top" if metric.better else "higher is on top"
    figure.supxlabel(f"{metric.axis.split(' (')[0]}: {said}", fontsize=8, color="0.35")
    return figure


def _height(order: list[str], value: str) -> float:
    return order.index(value) / (len(order) - 1) if len(order) > 1 else 0.5


def _line(axes: Axes, heights: list[float], share: float) -> None:
    import numpy as np
    from matplotlib import colormaps

    # Curved, so that lines which meet in a value can be followed through it.
    xs, ys = [], []
    ease = np.linspace(0.0, 1.0, 25)
    for place, (start, end) in enumerate(pairwise(heights)):
        xs.append(place + ease)
        ys.append(start + (end - start) * (3 * ease**2 - 2 * ease**3))
    # The brightest end of the map is too pale for lines on white.
    colour = colormaps[SCALE](0.92 * share)
    axes.plot(
        np.concatenate(xs), np.concatenate(ys), color=colour, linewidth=0.9 + 1.2 * share, alpha=0.8
    )


def _ticks(axes: Axes, column: int, ticks: list[tuple[float, str]]) -> None:
    axes.plot([column, column], [0, 1], color="black", linewidth=0.9)
    count = min(len(ticks), _MOST_TICKS)
    places = {round(number * (len(ticks) - 1) / max(count - 1, 1)) for number in range(count)}
    for height, text in (ticks[place] for place in sorted(places)):
        axes.text(
            column + (0.05 if column else -0.05),
            height,
            text,
            fontsize=8,
            ha="left" if column else "right",
            va="center",
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.6},
            zorder=5,
        )
