"""How much each key matters, as bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.compare.comparison import Comparison
from rnnlab.compare.flat import short
from rnnlab.compare.plots.style import COLOURS, GREY, grid, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = 20
"""More keys are not readable in one picture."""


def draw_importance(comparison: Comparison) -> Figure | None:
    """Draw a bar for each key, the most important on top; None where there are not two."""
    found = comparison.importance
    if found is None or len(found.keys) < 2:
        return None
    drawn = found.keys[:MOST]
    figure = new_figure(7.2, 1.5 + 0.34 * len(drawn))
    axes = figure.subplots()
    places = range(len(drawn))
    shares = [each.share for each in drawn]
    axes.barh(places, shares, color=COLOURS[0], height=0.66)
    for place, share in zip(places, shares, strict=True):
        axes.text(share, place, f" {share:.3f}", va="center", ha="left", fontsize=8.5)
    axes.set_yticks(places, [short(each.key) for each in drawn])
    axes.set_ylim(len(drawn) - 0.4, -0.6)
    axes.set_xlim(0, max(shares) * 1.12)  # room for the number beside the longest bar
    axes.set_xlabel(f"importance for {found.metric} (fANOVA; all keys together are 1)")
    axes.tick_params(axis="y", length=0)
    grid(axes, "x")
    said = f"{found.settings} settings; R² {found.fit:.2f} on settings not seen"
    if len(drawn) < len(found.keys):
        said += f"; the first {len(drawn)} of {len(found.keys)} keys"
    figure.supxlabel(said, fontsize=8, color=GREY)
    return figure
