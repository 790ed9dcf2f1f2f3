"""All pictures that say something of a comparison."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlab.compare.comparison import Comparison
from rnnlab.compare.plots.curves import draw_curves
from rnnlab.compare.plots.heatmap import draw_heatmap
from rnnlab.compare.plots.importance import draw_importance
from rnnlab.compare.plots.intervals import draw_intervals
from rnnlab.compare.plots.parallel import draw_parallel
from rnnlab.compare.plots.picture import Picture
from rnnlab.compare.plots.style import drawing, png


def pictures(comparison: Comparison) -> Iterator[Picture]:
    """Draw, one after the other; what would say nothing is left out."""
    name, of = comparison.metric.name, " and ".join(comparison.samples.axes[:2])
    known = (
        ("intervals", f"{name}: means with 95% intervals", draw_intervals),
        ("curves", f"{comparison.curve} while training", draw_curves),
        ("heatmap", f"{name} by {of}", draw_heatmap),
        ("parallel", f"{name} across all keys that were varied", draw_parallel),
        ("importance", f"Which keys matter for {name}", draw_importance),
    )
    for file, title, draw in known:
        with drawing():
            figure = draw(comparison)
            if figure is not None:
                yield Picture(file, title, png(figure))
