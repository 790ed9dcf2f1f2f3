"""Learning curves: the mean over seeds, with a band."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.compare.comparison import Comparison
from rnnlab.compare.metric import Metric
from rnnlab.compare.plots.points import Curve, curve
from rnnlab.compare.plots.style import (
    COLOURS,
    DASHES,
    GREY,
    grid,
    label,
    labelled_by,
    logarithmic,
    new_figure,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = len(COLOURS)
"""More curves than there are colours nobody tells apart."""

_LOGARITHMIC = 50  # largest over smallest mean


def draw_curves(comparison: Comparison) -> Figure | None:
    """Draw a curve for each of the best settings; None where none has logged the metric."""
    samples = comparison.samples
    present = [sample for sample in samples.all if sample.values]
    found = [
        (label(samples, sample), known)
        for sample in present[:MOST]
        if (known := curve(sample, comparison.curve)) is not None
    ]
    if not found:
        return None
    from matplotlib.ticker import MaxNLocator

    figure = new_figure(8.2, 4.6)
    axes = figure.subplots()
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    for place, (_, known) in enumerate(found):
        _draw(axes, known, place)
    lowest, highest = _range([known for _, known in found])
    if lowest > 0 and highest / lowest > _LOGARITHMIC:
        logarithmic(axes, "y")
    metric = Metric(comparison.curve, comparison.metric.better)
    axes.set_ylabel(metric.axis)
    axes.set_xlabel("training (optimizer steps)")
    grid(axes, "both")
    figure.legend(
        axes.get_lines(),
        [name for name, _ in found],
        title=labelled_by(samples),
        loc="outside right upper",
        frameon=False,
        alignment="left",
    )
    figure.supxlabel(_said(comparison, found, len(present)), fontsize=8, color=GREY)
    return figure


def _draw(axes: Axes, known: Curve, place: int) -> None:
    colour = COLOURS[place]
    axes.plot(
        known.steps,
        known.means,
        color=colour,
        linestyle=DASHES[place],
        linewidth=1.8,
        # A single point is no line.
        marker="o" if len(known.steps) == 1 else None,
    )
    if known.spreads:
        low = [mean - sd for mean, sd in zip(known.means, known.spreads, strict=True)]
        high = [mean + sd for mean, sd in zip(known.means, known.spreads, strict=True)]
        axes.fill_between(known.steps, low, high, color=colour, alpha=0.15, linewidth=0)


def _range(curves: list[Curve]) -> tuple[float, float]:
    means = [mean for known in curves for mean in known.means]
    return min(means), max(means)


def _said(comparison: Comparison, found: list[tuple[str, Curve]], present: int) -> str:
    said = f"mean over {comparison.samples.replicate}s"
    if any(known.spreads for _, known in found):
        said += ", band: ± 1 standard deviation"
    if any(known.ended for _, known in found):
        said += "; each as far as all its runs go"
    return f"{said}; the first {len(found)} of {present}" if len(found) < present else said
