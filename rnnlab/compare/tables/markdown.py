"""The table in Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rnnlab.compare.comparison import Comparison
from rnnlab.compare.tables.rows import label_columns, shown
from rnnlab.errors import one_line

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~$&])")


def as_markdown(comparison: Comparison) -> str:
    """Return a table as GitHub and others show it."""
    return table(*shown(comparison), label_columns(comparison))


def table(head: Sequence[str], cells: Sequence[Sequence[str]], labels: int) -> str:
    """Return a table.

    Args:
        head: The names of the columns.
        cells: The rows.
        labels: How many columns hold text; those after them hold numbers.
    """
    rule = ["---" if place < labels else "---:" for place in range(len(head))]
    lines = [_line(map_escaped(head)), _line(rule), *(_line(map_escaped(row)) for row in cells)]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Return a text such that Markdown shows it as it is, on one line."""
    return _SPECIAL.sub(r"\\\1", one_line(text))


def map_escaped(texts: Sequence[str]) -> list[str]:
    """Return several texts, escaped."""
    return [escaped(text) for text in texts]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
