"""What gates and states do along one sequence, with what was read below them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rnnlab.compare.flat import short
from rnnlab.compare.plots.style import COLOURS, DASHES, GREY, SCALE, grid
from rnnlab.diagnostics.plots.panels import columns_of, first_of, note, panels, whole_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 10
"""More gates and states in one figure are not readable."""

_MOST_TOKENS = 60
_NARROW = 32  # steps whose names have room in half the width
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
    """Draw units by steps for each gate and state, and their mean over units as a line.

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
    across = 2 if steps <= _NARROW else 1
    width = 5.0 if across == 2 else min(13.0, 3.0 + 0.19 * min(steps, _MOST_TOKENS))
    count = len(drawn) + (values is not None)
    figure, found = panels(count, width=width, height=1.75, across=across, sharex=True)
    places = list(found)
    if values is not None:
        _draw_inputs(figure, places.pop(0), values)
    for trace, axes in zip(drawn, places, strict=True):
        _draw_trace(figure, axes, trace)
    found[0].set_xlim(-0.5, steps - 0.5)
    for axes in found[-columns_of(count, across) :]:
        if tokens is None:
            whole_numbers(axes, "x", 12)
            axes.set_xlabel("time (input step)")
        else:
            _draw_tokens(axes, tokens)
    note(
        figure,
        "white line: mean over units, on the scale to the right",
        first_of(len(drawn), len(known), "gates and states"),
    )
    return figure


def _draw_trace(figure: Figure, axes: Axes, trace: UnitTrace) -> None:
    import numpy as np

    values = np.asarray(trace.values, dtype=float)
    usable = np.where(np.isfinite(values), values, np.nan)
    steps, units = values.shape
    colours, low, high = _scale(trace, usable)
    axes.set_facecolor("0.75")
    picture = axes.imshow(
        np.ma.masked_invalid(values).T,
        cmap=colours,
        vmin=low,
        vmax=high,
        aspect="auto",
        interpolation="nearest",
        origin="lower",
        extent=(-0.5, steps - 0.5, -0.5, units - 0.5),
    )
    axes.set_title(short(trace.name, 50), fontsize=9.5)
    axes.set_ylabel("unit")
    whole_numbers(axes, "y", 4)
    axes.spines[:].set_visible(False)
    # A bar is as high as the field, so that its scale is the line's as well.
    figure.colorbar(picture, ax=axes, aspect=12, pad=0.01)
    _draw_line(axes, (mean_of_units(usable) - low) / (high - low) * units - 0.5)


def mean_of_units(values: Any) -> Any:
    """Return ``(T,)``, the mean over units of ``(T, units)``, NaN left out where not all are."""
    import numpy as np

    found = np.full(len(values), np.nan)
    seen = np.isfinite(values).any(axis=1)
    if seen.any():
        found[seen] = np.nanmean(values[seen], axis=1)
    return found


def _draw_line(axes: Axes, heights: Any) -> None:
    from matplotlib.patheffects import withStroke

    axes.plot(
        heights,
        color="white",
        linewidth=1.7,
        marker="o" if len(heights) == 1 else None,
        path_effects=[withStroke(linewidth=3.3, foreground="black")],
        scaley=False,
    )


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

    axes.set_title("what is read", fontsize=9.5)
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
        figure.colorbar(picture, ax=axes, aspect=12, pad=0.01)
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
