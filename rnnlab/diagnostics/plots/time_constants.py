"""How long each unit remembers, by its forget gate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rnnlab.compare.flat import short
from rnnlab.compare.plots.style import COLOURS, DASHES, GREY, grid, logarithmic
from rnnlab.diagnostics.plots.panels import first_of, note, on_log_axis, panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = len(COLOURS)
"""More layers than there are colours nobody tells apart."""


@dataclass(frozen=True)
class UnitTimes:
    """The time constants of a layer's units.

    Args:
        name: Of the layer.
        steps: Of each unit the steps in which it forgets all but 1/e; infinite where it never does.
    """

    name: str
    steps: Sequence[float]


def draw_time_constants(given: Sequence[UnitTimes], length: float | None = None) -> Figure | None:
    """Draw each layer's units in ascending order; None where there is no unit.

    Args:
        given: One for each layer and direction.
        length: Steps of a sequence, which is what there is to remember.
    """
    known = [each for each in given if len(each.steps)]
    if not known:
        return None
    figure, [axes] = panels(1, width=6.4, height=3.4)
    logarithmic(axes, "y")
    heights = []
    for place, each in enumerate(known[:MOST]):
        values = sorted(value for value in each.steps if not math.isnan(value))
        usable = [on_log_axis(value) for value in values if 0 < value < math.inf]
        never = sum(value == math.inf for value in values)
        middle = values[len(values) // 2] if values else math.nan
        said = f"{short(each.name, 34)}, median {middle:.3g}"
        # Places are shares of the units: layers may differ in size.
        shares = [100 * (rank + 0.5) / len(values) for rank in range(len(values))]
        zeros = len(values) - len(usable) - never
        axes.plot(
            shares[zeros : len(values) - never],
            usable,
            color=COLOURS[place],
            linestyle=DASHES[place],
            marker="o",
            markersize=3 if len(values) > 12 else 5,
            linewidth=1.4,
            label=said + (f", {never} of {len(values)} never forget" if never else ""),
        )
        edge = axes.get_xaxis_transform()
        if never:
            axes.plot(
                shares[len(values) - never :], [1.0] * never, "^", transform=edge,
                color=COLOURS[place], markersize=5, clip_on=False,
            )  # fmt: skip
        heights += usable
    if length is not None:
        axes.axhline(length, color=GREY, linewidth=1.2, linestyle="--")
        axes.annotate(
            f" length of the sequences: {length:g}",
            (0, length), xycoords=("axes fraction", "data"),
            va="bottom", fontsize=8, color=GREY,
        )  # fmt: skip
        heights.append(length)
    low, high = (min(heights), max(heights)) if heights else (1.0, 1.0)
    spare = max((high / low) ** 0.06, (10 * low / high) ** 0.5)
    axes.set_ylim(low / spare, high * spare)
    axes.set_xlim(0, 100)
    axes.set_xlabel("units, ascending (%)")
    axes.set_ylabel("time constant (steps)")
    grid(axes, "both")
    axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(0, -0.16), frameon=False)
    note(
        figure,
        "steps in which a unit forgets all but 1/e of its state; triangle on top: never",
        first_of(min(len(known), MOST), len(known), "layers"),
    )
    return figure
