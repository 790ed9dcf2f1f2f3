"""How far a gradient is carried, and how well the problem is solved, as the sequences grow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rnnlab.compare.flat import short
from rnnlab.compare.intervals import Estimate
from rnnlab.compare.plots.style import COLOURS, DASHES, GREY, grid, logarithmic, new_figure
from rnnlab.diagnostics.plots.panels import note

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 12
"""More lines nobody tells apart, colours and dashes together."""


@dataclass(frozen=True)
class Growth:
    """One line: what is the same along it, and what was measured at each length.

    Args:
        name: What the legend calls it.
        lengths: The lengths of the sequences, ascending.
        horizons: The horizon at each, in steps.
        scores: The score at each.
        colour: Which colour.
        dash: Which dashes.
    """

    name: str
    lengths: Sequence[float]
    horizons: Sequence[Estimate]
    scores: Sequence[Estimate]
    colour: int
    dash: int


def draw_horizons(
    growths: Sequence[Growth], *, key: str, score: str, baseline: tuple[str, float] | None = None
) -> Figure | None:
    """Draw horizon and score against the length; None where there are not two lengths.

    Args:
        growths: The lines.
        key: The key that the length is a value of, such as ``dataset.steps``.
        score: The label of the score's axis.
        baseline: Name and score of a naive baseline that is the same at every length.
    """
    lengths = sorted({length for growth in growths for length in growth.lengths})
    if len(lengths) < 2 or lengths[0] <= 0:
        return None
    drawn = growths[:MOST]
    figure = new_figure(9.6, 4.2)
    left, right = figure.subplots(1, 2)
    for axes in (left, right):
        logarithmic(axes, "x")
        axes.set_xticks(lengths, [f"{length:g}" for length in lengths])
        axes.set_xticks([], minor=True)
        axes.set_xlabel(f"length of the sequences, steps ({short(key, 30)})")
        grid(axes, "both")
    logarithmic(left, "y")
    left.plot(lengths, lengths, color=GREY, linewidth=0.9, linestyle=(0, (2, 3)))
    for growth in drawn:
        _draw(left, growth, growth.horizons)
        _draw(right, growth, growth.scores)
    _keep_positive(left, drawn, lengths)
    if baseline is not None:
        name, height = baseline
        right.axhline(height, color=GREY, linewidth=0.9, linestyle=(0, (2, 3)))
        right.annotate(
            short(f"{name} (baseline)"), (1, height), xycoords=("axes fraction", "data"),
            xytext=(-2, 3), textcoords="offset points", ha="right", fontsize=8, color=GREY,
        )  # fmt: skip
    left.set_title("how far the gradient is carried after training", fontsize=10)
    right.set_title("how well the problem is solved", fontsize=10)
    left.set_ylabel("horizon (steps)")
    right.set_ylabel(score)
    figure.legend(
        *left.get_legend_handles_labels(),
        loc="outside right upper",
        frameon=False,
        alignment="left",
    )
    note(
        figure,
        "mean and 95% interval over seeds; dotted on the left: the whole sequence, which counts as "
        "the horizon of a gradient that never falls by 1e-3",
        f"the first {len(drawn)} of {len(growths)} lines" if len(drawn) < len(growths) else "",
    )
    return figure


def _draw(axes: Axes, growth: Growth, estimates: Sequence[Estimate]) -> None:
    known = [
        (length, each.mean, each)
        for length, each in zip(growth.lengths, estimates, strict=True)
        if each.mean is not None
    ]
    colour = COLOURS[growth.colour % len(COLOURS)]
    axes.plot(
        [length for length, _, _ in known],
        [mean for _, mean, _ in known],
        color=colour,
        linestyle=DASHES[growth.dash % len(DASHES)],
        linewidth=1.8,
        marker="o",
        markersize=4,
        label=short(growth.name, 40),
    )
    for length, mean, each in known:
        if each.low is not None and each.high is not None and each.low < each.high:
            axes.errorbar(
                [length], [mean], yerr=[[mean - each.low], [each.high - mean]],
                color=colour, linewidth=1.1, capsize=2.5,
            )  # fmt: skip


def _keep_positive(axes: Axes, drawn: Sequence[Growth], lengths: Sequence[float]) -> None:
    """End the axis of horizons at their means: an interval may reach below zero."""
    means = [each.mean for growth in drawn for each in growth.horizons if each.mean is not None]
    low = min([mean for mean in means if mean > 0], default=1.0)
    high = max([*means, lengths[-1]])
    axes.set_ylim(max(0.5, low / 2), 1.5 * high)
