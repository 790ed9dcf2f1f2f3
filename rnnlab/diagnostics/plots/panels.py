"""Several panels in one figure, and what all of them need."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from rnnlab.compare.plots.style import GREY, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 12
"""More panels in one figure are not readable."""

HIGHEST = 1e120
"""Values beyond are drawn there: matplotlib computes past the ends of an axis, and overflows."""

_LETTERS = 15  # of a note, on an inch


def panels(
    count: int, *, width: float, height: float, across: int = 3, **shared: Any
) -> tuple[Figure, list[Axes]]:
    """Return a figure with room for so many panels of a size in inches, and their axes.

    Args:
        count: At least 1.
        width: Of one panel.
        height: Of one panel.
        across: The most side by side.
        shared: What matplotlib's ``subplots`` takes: ``sharex``, ``sharey``.
    """
    columns = columns_of(count, across)
    rows = -(-count // columns)
    figure = new_figure(max(5.2, 0.9 + width * columns), 0.9 + height * rows)
    grid = figure.subplots(rows, columns, squeeze=False, **shared)
    found = list(grid.flat)
    for spare in found[count:]:
        spare.remove()
    # What is shared is labelled on the lowest panel of each column, which may have lost the one
    # below it.
    for axes in found[max(0, count - columns) : count]:
        axes.tick_params(labelbottom=True)
    return figure, found[:count]


def columns_of(count: int, across: int) -> int:
    """Return how many panels are side by side, at most so many: four are better two by two."""
    rows = -(-count // across)
    return -(-count // rows)


def labelled(axes: Sequence[Axes], across: int, x: str, y: str) -> None:
    """Name the axes of panels: x below the lowest of each column, y on the left."""
    columns = columns_of(len(axes), across)
    for place, each in enumerate(axes):
        if place + columns >= len(axes):
            each.set_xlabel(x)
        if place % columns == 0:
            each.set_ylabel(y)


def note(figure: Figure, *said: str) -> None:
    """Write below a figure what has to be known to read it; empty texts are left out."""
    room = int(figure.get_figwidth() * _LETTERS)
    lines = [line for text in said for line in wrap(text, room)]
    if lines:
        figure.supxlabel("\n".join(lines), fontsize=8, color=GREY)


def first_of(drawn: int, present: int, what: str) -> str:
    """Return a remark that not all is drawn, or an empty text."""
    return f"the first {drawn} of {present} {what}" if drawn < present else ""


def whole_numbers(axes: Axes, axis: str, most: int = 6) -> None:
    """Have an axis, ``x`` or ``y``, labelled at whole numbers only."""
    from matplotlib.ticker import MaxNLocator

    locator = MaxNLocator(most, integer=True, min_n_ticks=1)
    getattr(axes, f"{axis}axis").set_major_locator(locator)


def edges(places: Sequence[float]) -> list[float]:
    """Return where fields around ascending places begin and end: half-way between neighbours."""
    if len(places) == 1:
        return [places[0] - 0.5, places[0] + 0.5]
    middles = [(low + high) / 2 for low, high in pairwise(places)]
    return [2 * places[0] - middles[0], *middles, 2 * places[-1] - middles[-1]]


def on_log_axis(value: float | None) -> float:
    """Return where a value is on a logarithmic axis: NaN for what has no place there."""
    if value is None or not math.isfinite(value) or value <= 0:
        return math.nan
    return min(max(value, 1 / HIGHEST), HIGHEST)
