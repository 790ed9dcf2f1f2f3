"""What gates and states do along one sequence, with what was read below them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rnnlab.compare.flat import short
from rnnlab.compare.plots.style import COLOURS, DASHES, GREY, SCALE, grid, new_figure
from rnnlab.diagnostics.plots.panels import first_of, note, whole_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 10
"""More gates and states in one figure are not readable."""

_MOST_TOKENS = 60
_MOST_LINES = len(COLOURS)
# Brown to violet through white, which those who see no red or green tell apart.
_BOTH_SIGNS = "PuOr_r"


@dataclass(frozen=True)
class UnitTrace:
    """One gate or state along one sequence.

    Args:
        name: Of the layer and the gate or state.
        values: ``(T, units)``.
        low: Lower end of its range; None where it has none.
        high: Upper end of its range; None where it has none.
    """

    name: str
    values: Any
    low: float | None = None
    high: float | None = None


def draw_gate_traces(
    traces: Sequence[UnitTrace], tokens: Sequence[str] | None = None, inputs: Any = None
) -> Figure | None:
    """Draw units by steps for each gate and state, its mean over units above it.

    Args:
        traces: All of the same T.
        tokens: What was read at each step, where the input is tokens.
        inputs: ``(T, features)``, where it is values.

    Returns:
        The figure, or None where there is nothing of any length.
    """
    import numpy as np

    known = [each for each in traces if np.size(each.values)]
    if not known:
        return None
    drawn = known[:MOST]
    steps = len(drawn[0].values)
    values = None if inputs is None else np.asarray(inputs, dtype=float).reshape(steps, -1)
    heights = ([1.1] if values is not None else []) + [0.6, 1.5] * len(drawn)
    width = min(15.0, max(6.4, 3.2 + 0.17 * min(steps, _MOST_TOKENS)))
    figure = new_figure(width, 0.9 + 1.12 * sum(heights))
    axes = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)
    places = list(axes[:, 0])
    if values is not None:
        _draw_inputs(figure, places.pop(0), values)
    for trace, line, heat in zip(drawn, places[::2], places[1::2], strict=True):
        _draw_trace(figure, line, heat, trace)
    last = places[-1]
    last.set_xlim(-0.5, steps - 0.5)
    if tokens is None:
        whole_numbers(last, "x", 12)
        last.set_xlabel("time (input step)")
    else:
        _draw_tokens(last, tokens)
    note(
        figure,
        "above each field: mean over units, band: from quarter to quarter of the units",
        first_of(len(drawn), len(known), "gates and states"),
    )
    return figure


def _draw_trace(figure: Figure, line: Axes, heat: Axes, trace: UnitTrace) -> None:
    import numpy as np

    values = np.asarray(trace.values, dtype=float)
    usable = np.where(np.isfinite(values), values, np.nan)
    steps = range(len(values))
    seen = np.isfinite(values).any(axis=1)
    low, middle, high = (np.full(len(values), np.nan) for _ in range(3))
    if seen.any():
        low[seen], high[seen] = np.nanpercentile(usable[seen], (25, 75), axis=1)
        middle[seen] = np.nanmean(usable[seen], axis=1)
    line.fill_between(steps, low, high, color=COLOURS[0], alpha=0.2, linewidth=0)
    line.plot(
        steps, middle, color=COLOURS[0], linewidth=1.6, marker="o" if len(values) == 1 else None
    )
    line.set_title(short(trace.name, 60), fontsize=9.5)
    line.tick_params(labelbottom=False)
    grid(line, "y")
    colours, bottom, top = _scale(trace, usable)
    if trace.low is not None and trace.high is not None:
        spare = 0.04 * (trace.high - trace.low)
        line.set_ylim(trace.low - spare, trace.high + spare)
    heat.set_facecolor("0.75")
    ends = (-0.5, len(values) - 0.5, -0.5, values.shape[1] - 0.5)
    picture = heat.imshow(
        np.ma.masked_invalid(values).T,
        cmap=colours,
        vmin=bottom,
        vmax=top,
        aspect="auto",
        interpolation="nearest",
        origin="lower",
        extent=ends,
    )
    heat.set_ylabel("unit")
    whole_numbers(heat, "y", 4)
    heat.spines[:].set_visible(False)
    figure.colorbar(picture, ax=[line, heat], aspect=14, pad=0.01)


def _scale(trace: UnitTrace, usable: Any) -> tuple[str, float, float]:
    """Return the colours and their ends: what has both signs is white at zero."""
    import numpy as np

    if trace.low is not None and trace.high is not None:
        return (_BOTH_SIGNS if trace.low < 0 < trace.high else SCALE), trace.low, trace.high
    finite = usable[np.isfinite(usable)]
    if not finite.size:
        return SCALE, 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    if low < 0 < high:
        far = max(-low, high)
        return _BOTH_SIGNS, -far, far
    return SCALE, low, high if high > low else low + 1.0


def _draw_inputs(figure: Figure, axes: Axes, values: Any) -> None:
    import numpy as np

    axes.set_title("input", fontsize=9.5)
    axes.tick_params(labelbottom=False)
    if values.shape[1] > _MOST_LINES:
        picture = axes.imshow(
            np.ma.masked_invalid(values).T,
            cmap=SCALE,
            aspect="auto",
            interpolation="nearest",
            origin="lower",
            extent=(-0.5, len(values) - 0.5, -0.5, values.shape[1] - 0.5),
        )
        axes.set_ylabel("feature")
        axes.spines[:].set_visible(False)
        figure.colorbar(picture, ax=axes, aspect=8, pad=0.01)
        return
    for feature in range(values.shape[1]):
        axes.plot(
            np.where(np.isfinite(values[:, feature]), values[:, feature], np.nan),
            color=COLOURS[feature],
            linestyle=DASHES[feature],
            linewidth=1.4,
            marker="o" if len(values) == 1 else None,
        )
    axes.set_ylabel("value")
    grid(axes, "y")


def _draw_tokens(axes: Axes, tokens: Sequence[str]) -> None:
    every = -(-len(tokens) // _MOST_TOKENS)
    shown = range(0, len(tokens), every)
    texts = [short(visible(tokens[step]), 14) for step in shown]
    turned = max(map(len, texts)) > 1
    axes.set_xticks(
        shown,
        texts,
        rotation=60 if turned else 0,
        ha="right" if turned else "center",
        rotation_mode="anchor" if turned else "default",
        fontsize=8,
    )
    said = "time (token read)" + (f"; one in {every} is named" if every > 1 else "")
    axes.set_xlabel(said)
    axes.tick_params(axis="x", length=2, color=GREY)


def visible(token: str) -> str:
    """Return a token as an axis shows it: what would be a blank has a sign."""
    return {" ": "␣", "\n": "↵", "\t": "⇥", "": "∅"}.get(token, token)
