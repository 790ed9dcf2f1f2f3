"""Boxes, circles and arrows, for pictures of networks. Places are in units of the axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Place = tuple[float, float]

WIDTH, HEIGHT, RADIUS = 1.0, 0.56, 0.27
"""Of a box, and of a circle."""

_SUBSCRIPTS = str.maketrans("0123456789t", "₀₁₂₃₄₅₆₇₈₉ₜ")


def box(axes: Axes, place: Place, text: str, colour: str) -> None:
    """Draw a box around a place."""
    from matplotlib.patches import FancyBboxPatch

    corner = (place[0] - WIDTH / 2, place[1] - HEIGHT / 2)
    style = "round,pad=0,rounding_size=0.1"
    axes.add_patch(
        FancyBboxPatch(corner, WIDTH, HEIGHT, style, facecolor=colour, alpha=0.22, linewidth=0)
    )
    axes.add_patch(
        FancyBboxPatch(corner, WIDTH, HEIGHT, style, fill=False, edgecolor=colour, linewidth=1.6)
    )
    say(axes, place, text, size=8.5 if len(text) < 7 else 6.5)


def circle(axes: Axes, place: Place, text: str, *, filled: bool = False) -> None:
    """Draw a circle around a place."""
    from matplotlib.patches import Circle

    face = "0.88" if filled else "white"
    axes.add_patch(Circle(place, RADIUS, facecolor=face, edgecolor="0.3", linewidth=1.1, zorder=2))
    say(axes, place, text, size=8.5 if len(text) < 4 else 7 if len(text) < 5 else 6)


def arrow(
    axes: Axes,
    start: Place,
    end: Place,
    *,
    colour: str = "0.25",
    dashed: bool = False,
    bend: float = 0.0,
    width: float = 1.2,
) -> None:
    """Draw an arrow from one place to another."""
    from matplotlib.patches import FancyArrowPatch

    axes.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle="-|>",
            mutation_scale=9,
            shrinkA=0,
            shrinkB=0,
            color=colour,
            linewidth=width,
            linestyle=(0, (3, 1.6)) if dashed else "-",
            connectionstyle=f"arc3,rad={bend}",
        )
    )


def loop(axes: Axes, place: Place, colour: str, *, leftwards: bool = False) -> None:
    """Draw an arrow from one side of a box over its top into the other side."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    side = -1 if leftwards else 1
    (x, y), out, up = place, WIDTH / 2 + 0.36, HEIGHT / 2 + 0.28
    begin, end = x + side * WIDTH / 2, x - side * WIDTH / 2
    far, near = x + side * out, x - side * out
    points = [(begin, y), (far, y), (far, y + up / 2), (far, y + up), (x, y + up),
              (near, y + up), (near, y + up / 2), (near, y), (near + side * 0.12, y)]  # fmt: skip
    codes = [Path.MOVETO, *[Path.CURVE3] * 8]
    axes.add_patch(PathPatch(Path(points, codes), fill=False, edgecolor=colour, linewidth=1.6))
    arrow(axes, (near + side * 0.1, y), (end, y), colour=colour, width=1.6)


def say(
    axes: Axes, place: Place, text: str, *, size: float = 8.0, colour: str = "black", **how: Any
) -> None:
    """Write a text, in the middle of a place unless told otherwise."""
    where: dict[str, Any] = {"ha": "center", "va": "center", **how}
    axes.text(place[0], place[1], text, fontsize=size, color=colour, zorder=3, **where)


def indexed(name: str, index: int | str) -> str:
    """Return ``x₁₂``."""
    return name + str(index).translate(_SUBSCRIPTS)
