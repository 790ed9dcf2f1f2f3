"""How far a gradient is carried, and how well the problem is solved, as the sequences grow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rnnlab.compare.flat import short
from rnnlab.compare.intervals import estimate
from rnnlab.compare.plots.style import COLOURS, DASHES, GREY, grid, logarithmic, new_figure
from rnnlab.diagnostics.plots.panels import note

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 12
"""More lines nobody tells apart, colours and dashes together."""

_ASIDE = 1.035  # from one line to the next, so that those at the same height are all seen
_DOTTED = (0, (2, 3))

Values = Sequence[Sequence[float]]
"""At each length the value of each seed."""


@dataclass(frozen=True)
class Growth:
    """One line: what is the same along it, and what was measured at each length.

    Args:
        name: What the legend calls it.
        lengths: The lengths of the sequences, ascending.
        before: The horizons before training, in steps.
        after: The horizons after training.
        scores: The scores.
        colour: Which colour.
        dash: Which dashes.
    """

    name: str
    lengths: Sequence[float]
    before: Values
    after: Values
    scores: Values
    colour: int
    dash: int


def draw_horizons(
    growths: Sequence[Growth], *, key: str, score: str, baseline: tuple[str, float] | None = None
) -> Figure | None:
    """Draw horizons and score against the length; None where there are not two lengths.

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
    figure = new_figure(13.0, 4.2)
    before, after, scores = figure.subplots(1, 3)
    horizons = [values for growth in drawn for values in (*growth.before, *growth.after)]
    limits = _limits(horizons, lengths)
    for axes, title in ((before, "before training"), (after, "after training")):
        axes.set_title(f"how far a gradient goes {title}", fontsize=10)
        logarithmic(axes, "y")
        axes.plot(lengths, lengths, color=GREY, linewidth=0.9, linestyle=_DOTTED)
        axes.set_ylim(*limits)
        axes.set_ylabel("horizon (steps)")
    scores.set_title("how well the problem is solved", fontsize=10)
    scores.set_ylabel(score)
    for place, growth in enumerate(drawn):
        aside = _ASIDE ** (place - (len(drawn) - 1) / 2)
        for axes, values in zip(
            (before, after, scores), (growth.before, growth.after, growth.scores), strict=True
        ):
            _draw(axes, growth, values, aside)
    _draw_baseline(scores, baseline, [value for each in drawn for value in _all(each.scores)])
    for axes in (before, after, scores):
        logarithmic(axes, "x")
        axes.set_xticks(lengths, [f"{length:g}" for length in lengths])
        axes.set_xticks([], minor=True)
        axes.set_xlabel(f"{short(key, 30)} (steps)")
        grid(axes, "both")
    figure.legend(
        *before.get_legend_handles_labels(),
        loc="outside right upper",
        frameon=False,
        alignment="left",
    )
    note(
        figure,
        "lines: means over seeds, bars: 95% intervals, which may go on beyond the frame, small "
        "dots: single seeds; beside one another for the eye alone",
        "dotted: the whole sequence, which counts as the horizon of a gradient that does not fall "
        "by 1e-3 within it",
        f"the first {len(drawn)} of {len(growths)} lines" if len(drawn) < len(growths) else "",
    )
    return figure


def _draw(axes: Axes, growth: Growth, values: Values, aside: float) -> None:
    known = [
        (length * aside, several, estimate(several))
        for length, several in zip(growth.lengths, values, strict=True)
        if several
    ]
    colour = COLOURS[growth.colour % len(COLOURS)]
    axes.plot(
        [length for length, _, _ in known],
        [each.mean or 0.0 for _, _, each in known],
        color=colour,
        linestyle=DASHES[growth.dash % len(DASHES)],
        linewidth=1.8,
        marker="o",
        markersize=5,
        label=short(growth.name, 40),
    )
    for length, several, each in known:
        axes.scatter(
            [length] * len(several), several, s=14, color=colour, alpha=0.6, linewidths=0, zorder=3
        )
        if each.low is not None and each.high is not None and each.low < each.high:
            axes.plot([length, length], [each.low, each.high], color=colour, linewidth=1)


def _draw_baseline(axes: Axes, baseline: tuple[str, float] | None, values: list[float]) -> None:
    """Draw the baseline, and end the axis at what was measured.

    The interval of two seeds may be a hundred times as wide as they are apart.
    """
    if baseline is not None:
        name, height = baseline
        values = [*values, height]
        axes.axhline(height, color=GREY, linewidth=0.9, linestyle=_DOTTED)
        axes.annotate(
            short(f"{name} (baseline)"), (0, height), xycoords=("axes fraction", "data"),
            xytext=(3, 3), textcoords="offset points", fontsize=8, color=GREY,
        )  # fmt: skip
    if values:
        low, high = min(values), max(values)
        spare = 0.1 * ((high - low) or abs(high) or 1.0)
        axes.set_ylim(low - spare, high + spare)


def _limits(horizons: Values, lengths: Sequence[float]) -> tuple[float, float]:
    positive = [value for value in _all(horizons) if value > 0]
    return min([*positive, lengths[0]]) / 1.5, 1.5 * max([*positive, lengths[-1]])


def _all(values: Values) -> list[float]:
    return [value for several in values for value in several]
