"""A measurement as a picture: how long each candidate takes, over torch's own module."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnlab.bench.machine import described
from rnnlab.bench.record import Record, Result, spread
from rnnlab.bench.report import over
from rnnlab.errors import StorageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".svg", ".pdf")
"""The kinds of picture."""

_ACROSS = 3
# Okabe and Ito's colours, which most people tell apart; the marker and the place tell the same.
_LOOKS = {
    "nn.*": ("black", "_"),
    "lax.scan": ("#0072B2", "s"),
    "keras": ("#56B4E9", "D"),
    "loop": ("#999999", "o"),
    "fused": ("#E69F00", "^"),
    "scan": ("#009E73", "v"),
    "compiled": ("#D55E00", "*"),
}
_OTHER = ("#CC79A7", "P")


def draw(record: Record, path: Path) -> None:
    """Draw forward and backward of each case over torch's own module, on a logarithmic axis.

    A cell that torch has no module for is drawn over the loop.

    Raises:
        StorageError: The file cannot be written.
    """
    from matplotlib.figure import Figure as NewFigure

    by_cell: dict[str, list[Result]] = {}
    for result in record.results:
        by_cell.setdefault(result.cell, []).append(result)
    across = min(_ACROSS, len(by_cell))
    down = -(-len(by_cell) // across)
    figure = NewFigure(figsize=(1.2 + 4.2 * across, 1.4 + 3.6 * down), layout="constrained")
    panels = figure.subplots(down, across, sharey=True, squeeze=False)
    looks: dict[str, Any] = {}
    for axes, (cell, results) in zip(panels.flat, by_cell.items(), strict=False):
        _panel(axes, cell, results, looks)
    for axes in panels.flat[len(by_cell) :]:
        axes.set_visible(False)
    for row in panels:
        row[0].set_ylabel("time over the line at 1\n(below it is faster)")
    _explain(figure, record, looks)
    try:
        figure.savefig(path, dpi=150)
    except OSError as error:
        raise StorageError(f"{path}: cannot be written: {error.strerror}") from error


def _panel(axes: Axes, cell: str, results: list[Result], looks: dict[str, Any]) -> None:
    from matplotlib.ticker import FuncFormatter, NullFormatter

    beside = "nn.*" if any(over(result, "nn.*") for result in results) else "loop"
    named = next((item.name for result in results if (item := over(result, beside))), beside)
    names = list(
        dict.fromkeys(
            item.name
            for result in results
            for item in result.measured
            if not item.trouble and item.name != named
        )
    )
    for place, name in enumerate(names):
        xs, ys, low, high = [], [], [], []
        for index, result in enumerate(results):
            item, base = result.of(name), over(result, beside)
            if item is None or base is None:
                continue
            found = spread(item.forward_backward)
            xs.append(index + 0.7 * ((place + 0.5) / len(names) - 0.5))
            ys.append(found["median"] / base.seconds)
            low.append((found["median"] - found["q1"]) / base.seconds)
            high.append((found["q3"] - found["median"]) / base.seconds)
        colour, marker = _LOOKS.get(name, _OTHER)
        looks[name] = axes.errorbar(
            xs,
            ys,
            yerr=[low, high],
            fmt=marker,
            color=colour,
            markersize=11 if marker == "*" else 7,
            markeredgecolor="white",
            markeredgewidth=0.5,
            elinewidth=1.2,
            label=name,
        )
    axes.axhline(1.0, color="black", linewidth=1)
    for index in range(1, len(results)):
        axes.axvline(index - 0.5, color="0.9", linewidth=0.8, zorder=0)
    axes.set_yscale("log", base=2)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.grid(axis="y", color="0.9", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.set_title(f"{cell}: over {named}", fontsize=11)
    axes.set_xticks(
        range(len(results)), [str(result.size).replace(",", "\n") for result in results]
    )
    axes.set_xlim(-0.5, len(results) - 0.5)
    axes.set_xlabel("batch, steps, units")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _explain(figure: Figure, record: Record, looks: dict[str, Any]) -> None:
    order = [*(name for name in _LOOKS if name in looks), *(set(looks) - set(_LOOKS))]
    figure.legend(
        [looks[name] for name in order],
        order,
        loc="outside upper center",
        ncols=max(len(order), 1),
        frameon=False,
    )
    figure.supxlabel(
        f"forward + backward, medians and quartiles of runs taken in turn\n"
        f"{described(record.machine)}",
        fontsize=7.5,
        color="0.35",
    )
