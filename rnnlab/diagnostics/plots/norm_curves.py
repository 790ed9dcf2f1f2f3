"""The norm of the gradient by a state against the lag: how far back a loss is felt."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rnnlab.compare.flat import short
from rnnlab.compare.plots.style import COLOURS, DASHES, grid, logarithmic
from rnnlab.diagnostics.plots.panels import (
    HIGHEST,
    MOST,
    first_of,
    labelled,
    note,
    on_log_axis,
    panels,
    whole_numbers,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_CURVES = len(COLOURS)
"""More curves than there are colours nobody tells apart."""
_ACROSS = 2
_STEEPEST = math.log(HIGHEST)


@dataclass(frozen=True)
class NormCurve:
    """The gradient of one state through time at one moment of training.

    Args:
        name: What the legend calls it.
        norms: At each lag, from 0; None or NaN where not finite.
        decay: Slope of the log norm a step of lag, or None where there is none.
        horizon: The lag at which the norm has fallen by 1e-3, or None.
    """

    name: str
    norms: Sequence[float | None]
    decay: float | None = None
    horizon: int | None = None


@dataclass(frozen=True)
class NormPanel:
    """Curves that are drawn in one panel.

    Args:
        title: What they have in common.
        curves: Those that the legend tells apart.
    """

    title: str
    curves: Sequence[NormCurve]


def draw_norm_curves(given: Sequence[NormPanel]) -> Figure | None:
    """Draw each panel's curves with fitted lines and horizons; None where there is no curve.

    A panel may hold the states of a network at one moment, or one state at several checkpoints.
    """
    known = [panel for panel in given if any(len(curve.norms) for curve in panel.curves)]
    if not known:
        return None
    drawn = known[:MOST]
    wide = 6.6 if len(drawn) == 1 else 5.0
    figure, axes = panels(
        len(drawn), width=wide, height=3.5, across=_ACROSS, sharex=True, sharey=True
    )
    for each, panel in zip(axes, drawn, strict=True):
        logarithmic(each, "y")
        _draw_panel(each, panel)
    axes[0].set_ylim(*_limits(drawn))
    labelled(
        axes, _ACROSS, "lag: steps before the last one read", "norm of the gradient\nby the state"
    )
    curves = [curve for panel in drawn for curve in panel.curves[:MOST_CURVES]]
    said = []
    if any(curve.decay is not None for curve in curves):
        said.append("pale line: fitted decay")
    if any(curve.horizon is not None for curve in curves):
        said.append("circle: horizon, fallen by 1e-3")
    if any(0 in curve.norms for curve in curves):
        said.append("triangle on the floor: zero")
    if any(not _finite(value) for curve in curves for value in curve.norms):
        said.append("cross on top: not finite")
    more = max(len(panel.curves) for panel in drawn)
    note(
        figure,
        "; ".join(said),
        first_of(MOST_CURVES, more, "curves") if more > MOST_CURVES else "",
        first_of(len(drawn), len(known), "panels"),
    )
    return figure


def _draw_panel(axes: Axes, panel: NormPanel) -> None:
    axes.set_title(short(panel.title, 60), fontsize=10)
    for place, curve in enumerate(panel.curves[:MOST_CURVES]):
        _draw_curve(axes, curve, place)
    whole_numbers(axes, "x")
    grid(axes, "both")
    axes.legend(fontsize=8, frameon=True, framealpha=0.85, edgecolor="0.9")


def _draw_curve(axes: Axes, curve: NormCurve, place: int) -> None:
    colour = COLOURS[place]
    values = [on_log_axis(value) for value in curve.norms]
    alone = _alone(values)
    axes.plot(
        range(len(values)),
        values,
        color=colour,
        linestyle=DASHES[place],
        linewidth=1.8,
        marker="o" if alone else None,
        markersize=4,
        markevery=alone,
        label=_legend(curve),
    )
    _draw_fit(axes, curve, values, colour)
    if curve.horizon is not None and curve.horizon < len(values):
        at = values[curve.horizon]
        axes.plot(
            [curve.horizon], [at], "o", markersize=8, markerfacecolor="white",
            markeredgecolor=colour, markeredgewidth=1.8, zorder=4,
        )  # fmt: skip
    edge = axes.get_xaxis_transform()
    zeros = [lag for lag, value in enumerate(curve.norms) if value == 0]
    wild = [lag for lag, value in enumerate(curve.norms) if not _finite(value)]
    for lags, marker, height in ((zeros, "v", 0.0), (wild, "x", 1.0)):
        if lags:
            axes.plot(
                lags, [height] * len(lags), marker, transform=edge, color=colour, markersize=6,
                clip_on=False, zorder=5,
            )  # fmt: skip


def _draw_fit(axes: Axes, curve: NormCurve, values: Sequence[float], colour: str) -> None:
    """Draw a line of the given slope through the middle of the points, as least squares has it."""
    known = [(lag, math.log(value)) for lag, value in enumerate(values) if not math.isnan(value)]
    if curve.decay is None or not math.isfinite(curve.decay) or len(known) < 2:
        return
    lag_mean = sum(lag for lag, _ in known) / len(known)
    log_mean = sum(log for _, log in known) / len(known)
    ends = [known[0][0], known[-1][0]]
    logs = [log_mean + curve.decay * (lag - lag_mean) for lag in ends]
    heights = [math.exp(min(max(log, -_STEEPEST), _STEEPEST)) for log in logs]
    axes.plot(ends, heights, color=colour, linewidth=4, alpha=0.25, solid_capstyle="round")


def _legend(curve: NormCurve) -> str:
    said = [short(curve.name, 40)]
    if curve.decay is not None and math.isfinite(curve.decay):
        factor = math.exp(min(curve.decay, _STEEPEST))
        said.append(f"×{factor:.3g} a step")
    if curve.horizon is not None:
        said.append(f"horizon {curve.horizon}")
    return ", ".join(said)


def _alone(values: Sequence[float]) -> list[int]:
    """Return where a value has no neighbour that a line could join it to."""
    around = [math.nan, *values, math.nan]
    return [
        place
        for place, value in enumerate(values)
        if not math.isnan(value) and math.isnan(around[place]) and math.isnan(around[place + 2])
    ]


def _limits(drawn: Sequence[NormPanel]) -> tuple[float, float]:
    """Return the axis's ends: those of the curves, whatever a fit does, and a decade at least."""
    seen = [
        math.log10(value)
        for panel in drawn
        for curve in panel.curves[:MOST_CURVES]
        for value in map(on_log_axis, curve.norms)
        if not math.isnan(value)
    ]
    low, high = (min(seen), max(seen)) if seen else (0.0, 0.0)
    spare = max(0.06 * (high - low), (1.0 - (high - low)) / 2)
    return 10.0 ** (low - spare), 10.0 ** (high + spare)


def _finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
