"""Lyapunov exponents: at what rate differences of states grow or shrink in the long run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rnnlab.compare.flat import short
from rnnlab.compare.plots.style import COLOURS, DASHES, GREY, grid
from rnnlab.diagnostics.plots.panels import first_of, note, panels, whole_numbers

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = len(COLOURS)
"""More spectra than there are colours nobody tells apart."""
_MARKERS = "osD^vP*"


@dataclass(frozen=True)
class Spectrum:
    """The exponents of one layer.

    Args:
        name: Of the layer.
        exponents: A step, natural logarithm; in any order. -inf is a direction that is forgotten at
            once.
    """

    name: str
    exponents: Sequence[float]


def draw_lyapunov(given: Sequence[Spectrum]) -> Figure | None:
    """Draw the exponents in descending order; None where there is none."""
    known = [each for each in given if len(each.exponents)]
    if not known:
        return None
    figure, [axes] = panels(1, width=6.4, height=3.3)
    gone = False
    for place, each in enumerate(known[:MOST]):
        ordered = sorted((one for one in each.exponents if not math.isnan(one)), reverse=True)
        usable = [one for one in ordered if math.isfinite(one)]
        first = 1 + sum(one == math.inf for one in ordered)
        largest = f"{ordered[0]:.3g}" if ordered else "not a number"
        axes.plot(
            range(first, first + len(usable)),
            usable,
            color=COLOURS[place],
            linestyle=DASHES[place],
            marker=_MARKERS[place],
            markersize=4,
            linewidth=1.2,
            label=f"{short(each.name, 40)}, largest {largest}",
        )
        below = [rank + 1 for rank, one in enumerate(ordered) if one == -math.inf]
        if below:
            gone = True
            axes.plot(
                below, [0.0] * len(below), "v", color=COLOURS[place], markersize=5, clip_on=False,
                transform=axes.get_xaxis_transform(),
            )  # fmt: skip
    axes.axhline(0.0, color="black", linewidth=1)
    axes.annotate(
        "above 0: differences grow (chaos) ", (1, 0), xycoords=("axes fraction", "data"),
        ha="right", va="bottom", fontsize=8, color=GREY,
    )  # fmt: skip
    low, high = axes.get_ylim()
    axes.set_ylim(low, max(high, high + 0.06 * (high - low)))
    whole_numbers(axes, "x", 10)
    axes.set_xlabel("exponents, descending (rank)")
    axes.set_ylabel("Lyapunov exponent\n(1 / step)")
    grid(axes, "both")
    axes.legend(fontsize=8, frameon=True, framealpha=0.85, edgecolor="0.9")
    note(
        figure,
        "an exponent of -0.1: a difference shrinks to 1/e in 10 steps",
        "triangle on the floor: minus infinity, forgotten at once" if gone else "",
        first_of(min(len(known), MOST), len(known), "layers"),
    )
    return figure
