"""Time by training: how large the gradient is at each step of each measured epoch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rnnlab.compare.flat import short
from rnnlab.compare.plots.style import COLOURS, SCALE, plain
from rnnlab.diagnostics.plots.panels import (
    MOST,
    edges,
    first_of,
    labelled,
    note,
    panels,
    whole_numbers,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BY_LAG = "time: steps before the last one read"
BY_STEP = "time: input step"

_DECADES = 14
"""What is smaller by more than this is as good as nothing, and would take all colours."""
_ACROSS = 3


@dataclass(frozen=True)
class FlowHistory:
    """How one state's gradient went through time while training.

    Args:
        name: Of the layer and its state.
        epochs: When it was measured, ascending.
        curves: For each epoch the norm at each step; None or NaN where it is not finite. They may
            differ in length.
        horizons: For each epoch the lag at which the norm had fallen by 1e-3, or None; an empty
            sequence where no line is wanted.
    """

    name: str
    epochs: Sequence[float]
    curves: Sequence[Sequence[float | None]]
    horizons: Sequence[float | None] = ()


def draw_flow_heatmap(histories: Sequence[FlowHistory], time: str = BY_LAG) -> Figure | None:
    """Draw a panel for each state, all on one scale of colours; None where nothing was measured.

    Args:
        histories: One for each layer, direction and state.
        time: What the place in a curve means, for the axis.
    """
    import numpy as np
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    known = [each for each in histories if any(len(curve) for curve in each.curves)]
    if not known:
        return None
    drawn = known[:MOST]
    fields = [_logarithms(history.curves) for history in drawn]
    finite = np.concatenate([field[np.isfinite(field)] for field in fields])
    high = float(finite.max()) if finite.size else 0.0
    low = max(float(finite.min()), high - _DECADES) if finite.size else -1.0
    if low == high:
        low, high = low - 1, high + 1
    norm = Normalize(low, high)
    figure, axes = panels(
        len(drawn), width=3.6, height=2.7, across=_ACROSS, sharex=True, sharey=True
    )
    colours = _colours()
    for each, history, field in zip(axes, drawn, fields, strict=True):
        each.set_facecolor("white")
        rows = edges(history.epochs)
        columns = [lag - 0.5 for lag in range(field.shape[1] + 1)]
        seen = np.clip(field, low - 1, high + 1)  # an image with infinities is not drawn
        each.pcolorfast(columns, rows, seen, cmap=colours, norm=norm)
        each.set_title(short(history.name, 38), fontsize=9.5)
        each.spines[:].set_visible(False)
        _draw_horizon(each, history, rows)
    axes[0].set_xlim(-0.5, max(field.shape[1] for field in fields) - 0.5)
    for each in axes:
        whole_numbers(each, "x", 5)
        whole_numbers(each, "y")
    labelled(axes, _ACROSS, time, "training (epoch)")
    bar = figure.colorbar(ScalarMappable(norm, colours), ax=axes, extend="both")
    bar.set_label("norm of the gradient by the state")
    _label(bar)
    _explain(figure, drawn, fields, low, first_of(len(drawn), len(known), "states"))
    return figure


def _logarithms(curves: Sequence[Sequence[float | None]]) -> Any:
    """Return log10 ``(epochs, steps)``; -inf is zero, +inf not finite, NaN no such step."""
    import numpy as np

    field = np.full((len(curves), max(len(curve) for curve in curves)), np.nan)
    for row, curve in enumerate(curves):
        for step, value in enumerate(curve):
            if value is None or not math.isfinite(value):
                field[row, step] = np.inf
            else:
                field[row, step] = math.log10(value) if value > 0 else -np.inf
    return field


def _colours() -> Any:
    import matplotlib

    # Zero and infinity are no ends of the scale: they have colours that are not in it.
    return matplotlib.colormaps[SCALE].with_extremes(
        under="black", over=COLOURS[1], bad=(0, 0, 0, 0)
    )


def _draw_horizon(axes: Axes, history: FlowHistory, rows: Sequence[float]) -> None:
    from matplotlib.patheffects import withStroke

    xs: list[float] = []
    ys: list[float] = []
    for place, horizon in enumerate(history.horizons):
        at = math.nan if horizon is None else horizon - 0.5
        xs += [at, at]
        ys += [rows[place], rows[place + 1]]
    axes.plot(
        xs,
        ys,
        color="white",
        linewidth=1.6,
        path_effects=[withStroke(linewidth=3.2, foreground="black")],
    )


def _label(bar: Any) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

    low, high = bar.norm.vmin, bar.norm.vmax
    powers = range(math.floor(low), math.ceil(high) + 1)
    parts = (1, 2, 5) if high - low >= 1 else (1, 1.5, 2, 3, 4, 5, 6, 8)
    between = [power + math.log10(part) for power in powers for part in parts]
    seen = [place for place in between if low <= place <= high]
    if high - low >= 2:
        bar.ax.yaxis.set_major_locator(MaxNLocator(7, integer=True))
    elif len(seen) > 1:
        bar.ax.yaxis.set_major_locator(FixedLocator(seen))
    bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda power, _: plain(10.0**power)))


def _explain(
    figure: Figure, drawn: Sequence[FlowHistory], fields: Sequence[Any], low: float, more: str
) -> None:
    import numpy as np

    said = []
    if any(horizon is not None for history in drawn for horizon in history.horizons):
        said.append("white line: the norm has fallen by 1e-3")
    zero = any(np.isneginf(field).any() for field in fields)
    less = any((np.isfinite(field) & (field < low)).any() for field in fields)
    if zero or less:
        what = [*["zero"] * zero, *[f"below {plain(10.0**low)}"] * less]
        said.append(f"black: {' or '.join(what)}")
    if any(np.isposinf(field).any() for field in fields):
        said.append("orange: not finite")
    if any(np.isnan(field).any() for field in fields):
        said.append("white: no such step")
    note(figure, "; ".join(said), more)
