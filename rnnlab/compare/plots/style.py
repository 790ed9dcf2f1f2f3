"""How pictures look, and how they become files."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any

from rnnlab.compare.flat import short
from rnnlab.compare.sample import Sample, Samples

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's colours without yellow, which is pale on white; most people tell them apart, and
# the dashes tell the same.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (6, 2, 1, 2)),
                           (0, (8, 3)), (0, (3, 1, 1, 1, 1, 1)), (0, (2, 2)))  # fmt: skip
SCALE = "cividis"
"""The colour map: even in brightness, and made for those who see no red or green."""
GREY = "0.35"

_ROOM = 44


@contextmanager
def drawing() -> Iterator[None]:
    """Have texts drawn as they are: names are a stranger's, and ``$`` would begin a formula."""
    import matplotlib

    look: Any = {
        "text.parse_math": False,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "axes.unicode_minus": False,
        "font.size": 9.5,
        "axes.titlesize": 11,
        "axes.titlelocation": "left",
        "svg.hashsalt": "rnnlab",
    }
    with matplotlib.rc_context(look), warnings.catch_warnings():
        # The font has no letter of some script: a box is drawn, and nothing else is wrong.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure, sizes in inches, that no window belongs to."""
    from matplotlib.figure import Figure as NewFigure

    return NewFigure(figsize=(width, height), layout="constrained")


def png(figure: Figure) -> bytes:
    """Return a figure as a PNG file's content, the same one each time."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure)
    # Laid out here, once: saving would draw everything for that, and then again for the file.
    layout = figure.get_layout_engine()
    if layout is not None:
        layout.execute(figure)
        figure.set_layout_engine("none")
    stream = BytesIO()
    figure.savefig(stream, format="png", dpi=150, metadata={"Software": None})
    return stream.getvalue()


def label(samples: Samples, sample: Sample) -> str:
    """Return what a sample is called where the columns are named elsewhere: ``gru, 16``."""
    if len(samples.columns) == 1:
        return short(sample.label[0])
    room = max(10, _ROOM // len(sample.label) + 6)
    return short(", ".join(short(value, room) for value in sample.label), 56)


def labelled_by(samples: Samples) -> str:
    """Return the names of the columns, for the axis or the legend that lists samples."""
    return short(", ".join(samples.columns), 64)


def grid(axes: Axes, axis: str) -> None:
    """Draw pale lines across an axis."""
    axes.grid(axis=axis, color="0.9", linewidth=0.8)  # type: ignore[arg-type]


def logarithmic(axes: Axes, axis: str) -> None:
    """Make an axis, ``x`` or ``y``, logarithmic, with labels such as ``0.01`` and ``1e-6``.

    matplotlib's own would be formulas, which :func:`drawing` draws as the text they are.
    """
    from matplotlib.ticker import LogFormatter

    class Plain(LogFormatter):
        def __call__(self, x: float, pos: int | None = None) -> str:
            return plain(x) if super().__call__(x, pos) else ""

    getattr(axes, f"set_{axis}scale")("log")
    of = getattr(axes, f"{axis}axis")
    of.set_major_formatter(Plain())
    of.set_minor_formatter(Plain(labelOnlyBase=False))


def plain(value: float) -> str:
    """Return a power of ten as a label: ``0.01``, ``1e-6``."""
    return f"{value:.3g}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")
