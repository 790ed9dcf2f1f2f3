"""Two keys that were varied: the mean at each combination of their values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rnnlab.compare.comparison import Comparison
from rnnlab.compare.flat import in_order, short
from rnnlab.compare.plots.style import SCALE, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = 40
"""More values of one key are not readable."""


def draw_heatmap(comparison: Comparison) -> Figure | None:
    """Draw the means; None where not exactly two keys were varied, or one has too many values."""
    samples = comparison.samples
    if len(samples.axes) != 2:
        return None
    places = [samples.columns.index(axis) for axis in samples.axes]
    labels = [tuple(sample.label[place] for place in places) for sample in samples.all]
    down, across = (in_order({each[number] for each in labels}) for number in (0, 1))
    if len(down) > len(across):  # a screen is wider than it is high
        down, across, places = across, down, places[::-1]
    if len(across) > MOST:
        return None
    cells: list[list[float | None]] = [[None] * len(across) for _ in down]
    counts = [[0] * len(across) for _ in down]
    for sample in samples.all:
        row, column = down.index(sample.label[places[0]]), across.index(sample.label[places[1]])
        cells[row][column], counts[row][column] = sample.estimate.mean, len(sample.values)
    return _drawn(comparison, down, across, cells, counts, places)


def _drawn(
    comparison: Comparison,
    down: Sequence[str],
    across: Sequence[str],
    cells: Sequence[Sequence[float | None]],
    counts: Sequence[Sequence[int]],
    places: Sequence[int],
) -> Figure:
    import numpy as np

    samples = comparison.samples
    width = min(16.0, 3.2 + max(0.82 * len(across), 2.4))
    figure = new_figure(width, 1.9 + max(0.5 * len(down), 1.2))
    axes = figure.subplots()
    values = np.array([[np.nan if cell is None else cell for cell in row] for row in cells])
    # Bright is good, where anybody knows what is good.
    scale = f"{SCALE}_r" if comparison.metric.better == "lower" else SCALE
    axes.set_facecolor("0.92")
    picture = axes.imshow(values, cmap=scale, aspect="auto")
    several = max(max(row) for row in counts) > 1
    small = 8 if len(across) <= 12 else 6.5
    for row in range(len(down)):
        for column in range(len(across)):
            mean = cells[row][column]
            text = "–" if mean is None else f"{mean:.3g}"
            if mean is not None and several:
                text += f"\nn={counts[row][column]}"
            dark = mean is not None and _brightness(picture, mean) < 0.5
            axes.text(
                column,
                row,
                text,
                ha="center",
                va="center",
                color="white" if dark else "black",
                fontsize=small,
            )
    turned = max(map(len, across)) > 7
    axes.set_xticks(
        range(len(across)),
        [short(value, 24) for value in across],
        rotation=35 if turned else 0,
        ha="right" if turned else "center",
        rotation_mode="anchor",
    )
    axes.set_yticks(range(len(down)), [short(value, 24) for value in down])
    axes.set_xlabel(short(samples.columns[places[1]]))
    axes.set_ylabel(short(samples.columns[places[0]]))
    axes.spines[:].set_visible(False)
    bar = figure.colorbar(picture, ax=axes)
    if comparison.metric.better == "lower":
        bar.ax.invert_yaxis()  # the better end is on top
    # In two lines: the axis is no longer than the picture is high.
    bar.set_label("mean of " + comparison.metric.axis.replace(" (", "\n(", 1))
    return figure


def _brightness(picture: object, value: float) -> float:
    red, green, blue, _ = picture.to_rgba(value)  # type: ignore[attr-defined]
    return float(0.299 * red + 0.587 * green + 0.114 * blue)
