"""The gradient's norm against the lag in several settings, before training and after it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import TYPE_CHECKING

from rnnlab.compare.flat import short
from rnnlab.compare.plots.style import COLOURS, DASHES, GREY, grid, logarithmic, new_figure
from rnnlab.diagnostics.plots.panels import note, whole_numbers
from rnnlab.probing.flow import FALL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 12
"""More curves nobody tells apart, colours and dashes together."""
LOWEST = 1e-10
"""A gradient that has fallen further is drawn no more: it makes no difference to the weights."""


@dataclass(frozen=True)
class Band:
    """Several curves as one, relative to where each begins.

    Args:
        lags: The lags at which all curves have a positive, finite norm.
        middle: The geometric mean at each.
        low: The middle less one standard deviation of the logarithms.
        high: The middle and one standard deviation.
    """

    lags: tuple[int, ...]
    middle: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True)
class Decay:
    """One setting's line.

    Args:
        name: What the legend calls it.
        before: The curves before training, a seed each.
        after: The curves after training.
        colour: Which colour.
        dash: Which dashes.
    """

    name: str
    before: Sequence[Sequence[float]]
    after: Sequence[Sequence[float]]
    colour: int
    dash: int


def band(curves: Sequence[Sequence[float]]) -> Band | None:
    """Return several curves as one; None where no lag is common to all.

    Each is divided by its norm at the first lag that has any, where the horizon is counted from.
    The band ends at the first lag after it at which some curve has none left, or none that is
    finite: a mean over the others would jump there.
    """
    relative = [found for curve in curves if (found := _relative(curve)) is not None]
    if not relative:
        return None
    start = max(first for first, _ in relative)
    stop = min(first + len(values) for first, values in relative)
    if start >= stop:
        return None
    lags = range(start, stop)
    logs = [[values[lag - first] for first, values in relative] for lag in lags]
    means = [fmean(each) for each in logs]
    spreads = [stdev(each) if len(each) > 1 else 0.0 for each in logs]
    return Band(
        tuple(lags),
        tuple(_exp(mean) for mean in means),
        tuple(_exp(mean - spread) for mean, spread in zip(means, spreads, strict=True)),
        tuple(_exp(mean + spread) for mean, spread in zip(means, spreads, strict=True)),
    )


def _relative(curve: Sequence[float]) -> tuple[int, list[float]] | None:
    """Return the first lag with a gradient, and the logarithms from there to the last in a row."""
    first = next((lag for lag, value in enumerate(curve) if value != 0), None)
    if first is None or not math.isfinite(curve[first]):
        return None
    logs = []
    for value in curve[first:]:
        if not (value > 0 and math.isfinite(value)):
            break
        logs.append(math.log(value) - math.log(curve[first]))
    return first, logs


def _exp(value: float) -> float:
    return math.exp(min(max(value, -700.0), 700.0))


def draw_decay_curves(decays: Sequence[Decay]) -> Figure | None:
    """Draw a panel before training and one after it; None where there is no gradient anywhere."""
    drawn = decays[:MOST]
    bands = [(decay, band(decay.before), band(decay.after)) for decay in drawn]
    if not any(before or after for _, before, after in bands):
        return None
    figure = new_figure(9.6, 4.2)
    axes = figure.subplots(1, 2, sharex=True, sharey=True)
    for number, (panel, title) in enumerate(
        zip(axes, ("before training", "after training"), strict=True)
    ):
        panel.set_title(title, fontsize=10)
        logarithmic(panel, "y")
        panel.axhline(FALL, color=GREY, linewidth=0.9, linestyle=(0, (2, 3)))
        for decay, *found in bands:
            _draw(panel, decay, found[number])
        panel.set_xlabel("lag: steps before the last one")
        whole_numbers(panel, "x")
        grid(panel, "both")
    known = [each for _, *found in bands for each in found if each is not None]
    low = min(min(each.low) for each in known)
    high = max(max(each.high) for each in known)
    axes[0].set_ylim(max(LOWEST, 0.5 * min(low, FALL)), 2 * max(high, 1.0))
    axes[0].set_ylabel("norm of the gradient by the state,\nrelative to where it begins")
    figure.legend(
        *axes[0].get_legend_handles_labels(),
        loc="outside right upper",
        frameon=False,
        alignment="left",
    )
    several = max(len(curves) for decay in drawn for curves in (decay.before, decay.after))
    note(
        figure,
        "geometric mean over seeds, band: ± 1 standard deviation" if several > 1 else "one seed",
        f"dotted: fallen by {FALL:g}, the horizon; a line ends where no gradient is left",
        f"the first {len(drawn)} of {len(decays)} settings" if len(drawn) < len(decays) else "",
    )
    return figure


def _draw(axes: Axes, decay: Decay, found: Band | None) -> None:
    lags, middle = (found.lags, found.middle) if found is not None else ((), ())
    colour = COLOURS[decay.colour % len(COLOURS)]
    axes.plot(
        lags,
        middle,
        color=colour,
        linestyle=DASHES[decay.dash % len(DASHES)],
        linewidth=1.8,
        label=short(decay.name, 40),
    )
    if found is not None and found.low != found.middle:
        axes.fill_between(lags, found.low, found.high, color=colour, alpha=0.15, linewidth=0)
