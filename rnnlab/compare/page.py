"""One HTML page that needs nothing else: table, words, pictures, every pair."""

from __future__ import annotations

from collections.abc import Iterable

from rnnlab import __version__
from rnnlab.compare.comparison import Comparison
from rnnlab.compare.html import MOST_LINES, as_figure, as_list, as_table, as_text, document
from rnnlab.compare.importance import Importance
from rnnlab.compare.plots.picture import Picture
from rnnlab.compare.tables.importance import (
    HEAD,
    LABELS,
    importance_lines,
    importance_rows,
    importance_title,
)
from rnnlab.compare.tables.pairs import HEAD as PAIR_HEAD
from rnnlab.compare.tables.pairs import pair_rows
from rnnlab.compare.tables.rows import BASELINE, label_columns, rows, shown
from rnnlab.compare.words import passages


def page(comparison: Comparison, pictures: Iterable[Picture]) -> str:
    """Return the page. Every text in it is escaped: names come from strangers' configs."""
    metric = comparison.metric
    title = f"{metric.name}, {metric.better} is better" if metric.better else metric.name
    parts = [
        f"<h1>{as_text(title)}</h1>",
        _samples(comparison),
        *(
            f"<h2>{as_text(passage.heading)}</h2>{as_list(passage.lines)}"
            for passage in passages(comparison)
        ),
    ]
    if comparison.importance is not None:
        parts.append(_importance(comparison.importance))
    if comparison.remarks:
        parts.append(f"<h2>Note</h2>{as_list(comparison.remarks)}")
    parts += map(as_figure, pictures)
    if comparison.pairs:
        parts.append(f"<h2>Every pair</h2>{_pairs(comparison)}")
    body = "\n".join(parts)
    return document(title, body, _footer())


def _footer() -> str:
    return f"""rnnlab {as_text(__version__)}. Intervals are Student's t at 95%, not corrected;
p-values are two-sided, Holm's correction is over all pairs. How many seeds would be needed is for a
power of 0.8 if the true difference were the one observed."""


def _samples(comparison: Comparison) -> str:
    head, cells = shown(comparison)
    styles = ["baseline" if row.kind == BASELINE else "" for row in rows(comparison)]
    return as_table(head, cells, label_columns(comparison), styles)


def _importance(importance: Importance) -> str:
    cells = importance_rows(importance)
    title = f"<h2>{as_text(importance_title(importance))}</h2>"
    whole = as_table(HEAD, cells, LABELS) if cells else ""
    return title + whole + as_list(list(importance_lines(importance)))


def _pairs(comparison: Comparison) -> str:
    cells = pair_rows(comparison)
    more = len(cells) - MOST_LINES
    said = f"<p>The first {MOST_LINES} of {len(cells)}.</p>" if more > 0 else ""
    return said + as_table(PAIR_HEAD, cells[:MOST_LINES], 2)
