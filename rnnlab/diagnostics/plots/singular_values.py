"""The singular values of the step's Jacobian over time: what a step stretches and shrinks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rnnlab.compare.flat import short
from rnnlab.compare.plots.style import COLOURS, grid, logarithmic
from rnnlab.diagnostics.plots.panels import (
    HIGHEST,
    MOST,
    first_of,
    labelled,
    note,
    panels,
    whole_numbers,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ACROSS = 2
_DEEPEST = 1e-8
"""What is smaller is drawn there."""
_BELOW = 100
"""How far below the lower quarter the axis goes: a singular Jacobian would take all the room."""


@dataclass(frozen=True)
class StepBands:
    """The Jacobians of one layer along time.

    Args:
        name: Of the layer.
        values: ``(T, n)``, n singular values at each step, in any order; NaN where there is none.
        radius: ``(T,)``, spectral radius at each step, or None.
    """

    name: str
    values: Any
    radius: Any = None


def draw_singular_values(given: Sequence[StepBands]) -> Figure | None:
    """Draw a panel for each layer: least, quarters, median, greatest; None where there is none."""
    import numpy as np

    known = [each for each in given if np.size(each.values)]
    if not known:
        return None
    drawn = known[:MOST]
    wide = 6.6 if len(drawn) == 1 else 5.0
    figure, axes = panels(len(drawn), width=wide, height=3.0, across=_ACROSS, sharey=True)
    hidden = False
    low, high = 1.0, 1.0
    for each, bands in zip(axes, drawn, strict=True):
        logarithmic(each, "y")
        table = np.asarray(bands.values, dtype=float)
        table = np.clip(np.where(np.isfinite(table), table, np.nan), _DEEPEST, HIGHEST)
        lines = quantiles(table)
        _draw(each, bands, lines)
        if np.isfinite(lines).any():
            least, quarter = float(np.nanmin(lines)), float(np.nanmin(lines[1]))
            hidden |= least < quarter / _BELOW
            low = min(low, max(least, quarter / _BELOW))
            high = max(high, float(np.nanmax(lines)))
    spare = max((high / low) ** 0.06, 1.25)
    axes[0].set_ylim(low / spare, high * spare)
    labelled(axes, _ACROSS, "time (step)", "singular values\nof the step's Jacobian")
    handles, names = axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper left", ncols=5, frameon=False, fontsize=8.5)
    note(
        figure,
        "above 1 a step stretches a difference of states in some direction, below 1 it shrinks it",
        "the least are far below what is seen" if hidden else "",
        first_of(len(drawn), len(known), "layers"),
    )
    return figure


def quantiles(table: Any) -> Any:
    """Return ``(5, T)``: least, quarters, median and greatest of each step, NaN where none is."""
    import numpy as np

    table = np.where(np.isfinite(table), table, np.nan)
    found = np.full((5, len(table)), np.nan)
    seen = np.isfinite(table).any(axis=1)
    if seen.any():
        found[:, seen] = np.nanpercentile(table[seen], (0, 25, 50, 75, 100), axis=1)
    return found


def _draw(axes: Axes, bands: StepBands, lines: Any) -> None:
    import numpy as np

    steps = np.arange(lines.shape[1])
    least, quarter, median, three, most = lines
    colour, alone = COLOURS[0], len(steps) == 1
    if alone:
        axes.plot([0, 0], [least[0], most[0]], color=colour, alpha=0.35, linewidth=3)
        axes.plot([0, 0], [quarter[0], three[0]], color=colour, alpha=0.6, linewidth=7)
    axes.fill_between(
        steps, least, most, color=colour, alpha=0.15, linewidth=0, label="least to greatest"
    )
    axes.fill_between(
        steps, quarter, three, color=colour, alpha=0.3, linewidth=0, label="quarter to quarter"
    )
    marker = "o" if alone else None
    axes.plot(steps, median, color=colour, linewidth=1.8, marker=marker, label="median")
    if bands.radius is not None:
        radius = np.asarray(bands.radius, dtype=float)
        radius = np.where(np.isfinite(radius), np.clip(radius, _DEEPEST, HIGHEST), np.nan)
        axes.plot(
            steps, radius, color=COLOURS[1], linestyle=(0, (5, 2)), linewidth=1.6, marker=marker,
            label="spectral radius",
        )  # fmt: skip
    axes.axhline(1.0, color="black", linewidth=1)
    axes.set_title(short(bands.name, 50), fontsize=9.5)
    whole_numbers(axes, "x")
    grid(axes, "both")
