"""The table of how much each key matters, and what is said beside it."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlab.compare.importance import Importance
from rnnlab.compare.tables import csv

HEAD = ("key", "importance", "values", "settings")
LABELS = 1
"""How many of these columns hold text."""


def importance_rows(importance: Importance) -> list[list[str]]:
    """Return the cells under :data:`HEAD`, the most important key first."""
    return [
        [each.key, f"{each.share:.3f}", str(each.values), str(importance.settings)]
        for each in importance.keys
    ]


def importance_csv(importance: Importance) -> str:
    """Return comma-separated values in full precision."""
    rows = [
        [each.key, repr(each.share), str(each.values), str(importance.settings)]
        for each in importance.keys
    ]
    return csv.table(HEAD, rows)


def importance_title(importance: Importance) -> str:
    """Return what the table is."""
    return f"Which keys matter for {importance.metric}"


def importance_lines(importance: Importance) -> Iterator[str]:
    """Give what a reader must know: how sure this is, and what is not due to single keys."""
    if importance.keys:
        yield (
            f"learnt from {importance.settings} settings by a random forest (fANOVA), which "
            f"predicts settings that it has not seen with R² {importance.fit:.2f}"
        )
    if len(importance.keys) > 1:
        yield (
            f"the keys one by one account for {importance.alone:.0%} of what it explains, and "
            "share that as above; the rest is what only several together decide, or not yet learnt"
        )
    yield from importance.remarks
