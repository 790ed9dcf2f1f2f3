"""The table and the words for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from rnnlab.compare.comparison import Comparison
from rnnlab.compare.importance import Importance
from rnnlab.compare.tables.importance import (
    HEAD,
    LABELS,
    importance_lines,
    importance_rows,
    importance_title,
)
from rnnlab.compare.tables.rows import label_columns, rows, shown
from rnnlab.compare.words import passages
from rnnlab.errors import one_line

_MOST = 12


def as_table(comparison: Comparison) -> Table:
    """Return a table for rich; nothing in it is taken for rich's markup."""
    head, cells = shown(comparison)
    labels = label_columns(comparison)
    metric = comparison.metric
    direction = f", {metric.better} is better" if metric.better else ""
    table = Table(title=Text(one_line(f"{metric.name}{direction}")), title_justify="left")
    for place, name in enumerate(head):
        table.add_column(
            Text(one_line(name)), justify="left" if place < labels else "right", overflow="fold"
        )
    for row, texts in zip(rows(comparison), cells, strict=True):
        style = "dim" if row.kind == "baseline" else ""
        table.add_row(*(Text(one_line(text)) for text in texts), style=style)
    return table


def as_importance(importance: Importance) -> Iterator[RenderableType]:
    """Give the table of how much each key matters, and what is to be known of it."""
    if importance.keys:
        title = Text(one_line(importance_title(importance)))
        table = Table(title=title, title_justify="left")
        for place, name in enumerate(HEAD):
            table.add_column(name, justify="left" if place < LABELS else "right", overflow="fold")
        for row in importance_rows(importance):
            table.add_row(*(Text(one_line(text)) for text in row))
        yield table
    else:
        yield Text(f"{one_line(importance_title(importance))}:")
    yield from (Text(f"  {one_line(line)}") for line in importance_lines(importance))


def as_lines(comparison: Comparison) -> Iterator[str]:
    """Give words and remarks, the first dozen of each passage."""
    for passage in passages(comparison):
        yield f"{passage.heading}:"
        yield from (f"  {one_line(line)}" for line in passage.lines[:_MOST])
        if (more := len(passage.lines) - _MOST) > 0:
            yield f"  … and {more} more; --html shows all"
    if comparison.remarks:
        yield "Note:"
        yield from (f"  {one_line(line)}" for line in comparison.remarks)
