"""How far back the output depends on the input: by its gradient, and by changing the input."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rnnlab.compare.flat import short
from rnnlab.compare.plots.style import COLOURS, DASHES, grid, logarithmic
from rnnlab.diagnostics.plots.panels import first_of, note, on_log_axis, panels, whole_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = len(COLOURS)
"""More curves than there are colours nobody tells apart."""


@dataclass(frozen=True)
class Saliency:
    """The gradient of the output by the input at each lag.

    Args:
        name: Of the moment or the model.
        norms: At each lag, from 0; None or NaN where not finite.
        context: The effective context in steps, or None.
    """

    name: str
    norms: Sequence[float | None]
    context: float | None = None


@dataclass(frozen=True)
class Swaps:
    """What happens to the output when the input at one lag is another one's.

    Args:
        name: Of the moment or the model.
        lags: Ascending.
        changes: Mean change of the output at each lag; NaN where not finite.
        errors: Half-width of each change's interval; empty where there is none.
        unit: Of a change, for the axis.
        interval: What the error bars are.
    """

    name: str
    lags: Sequence[int]
    changes: Sequence[float]
    errors: Sequence[float] = ()
    unit: str = "change of the output"
    interval: str = "95% interval"


def draw_memory(saliencies: Sequence[Saliency], swaps: Sequence[Swaps] = ()) -> Figure | None:
    """Draw a panel for the gradient and one for the swaps; None where neither was measured."""
    salient = [each for each in saliencies if len(each.norms)]
    swapped = [each for each in swaps if len(each.lags)]
    count = bool(salient) + bool(swapped)
    if not count:
        return None
    figure, axes = panels(count, width=6.6 if count == 1 else 5.0, height=3.4, across=2)
    places = list(axes)
    said = []
    if salient:
        _draw_saliency(places.pop(0), salient[:MOST])
        if any(each.context is not None for each in salient):
            said.append("triangle: effective context")
        if any(not (value and math.isfinite(value)) for each in salient for value in each.norms):
            said.append("what is zero or not finite has no place on the axis")
    if swapped:
        _draw_swaps(places.pop(0), swapped[:MOST])
        said += [f"bars: {swapped[0].interval}"] * any(len(each.errors) for each in swapped)
    for each in axes:
        each.set_xlabel("lag: steps before the last one read")
        whole_numbers(each, "x")
        grid(each, "both")
    most = max(len(salient), len(swapped))
    note(figure, "; ".join(said), first_of(min(most, MOST), most, "curves"))
    return figure


def _draw_saliency(axes: Axes, saliencies: Sequence[Saliency]) -> None:
    logarithmic(axes, "y")
    positive = []
    for place, each in enumerate(saliencies):
        values = [on_log_axis(value) for value in each.norms]
        positive += [value for value in values if not math.isnan(value)]
        said = short(each.name, 36)
        if each.context is not None and math.isfinite(each.context):
            said += f", context {each.context:.3g} steps"
            axes.plot(
                [each.context], [0.0], "^", color=COLOURS[place], markersize=8, clip_on=False,
                transform=axes.get_xaxis_transform(), zorder=5,
            )  # fmt: skip
            axes.axvline(each.context, color=COLOURS[place], linewidth=0.9, alpha=0.6)
        axes.plot(
            values,
            color=COLOURS[place],
            linestyle=DASHES[place],
            linewidth=1.8,
            marker="o" if len(values) == 1 else None,
            label=said,
        )
    if not positive:
        axes.set_ylim(0.1, 10)
    axes.set_title("by the gradient", fontsize=10)
    axes.set_ylabel("norm of the output's\ngradient by the input")
    axes.legend(fontsize=8, frameon=True, framealpha=0.85, edgecolor="0.9")


def _draw_swaps(axes: Axes, swaps: Sequence[Swaps]) -> None:
    for place, each in enumerate(swaps):
        colour = COLOURS[place]
        axes.errorbar(
            list(each.lags),
            list(each.changes),
            yerr=list(each.errors) if len(each.errors) else None,
            color=colour,
            linestyle=DASHES[place],
            linewidth=1.2,
            marker="o",
            markersize=4,
            capsize=2.5,
            label=short(each.name, 36),
        )
    axes.axhline(0.0, color="black", linewidth=1)
    axes.set_title("by another input at one step", fontsize=10)
    axes.set_ylabel(swaps[0].unit)
    axes.legend(fontsize=8, frameon=True, framealpha=0.85, edgecolor="0.9")
