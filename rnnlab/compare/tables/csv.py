"""The table in full precision, for programs."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO

from rnnlab.compare.comparison import Comparison
from rnnlab.compare.tables.rows import NUMBERS, rows


def as_csv(comparison: Comparison) -> str:
    """Return comma-separated values: kind, the keys, then n, missing, mean, sd, low and high.

    Numbers are written so that they are read back equal; what there is none of is empty.
    """
    numbers = [[getattr(row, name) for name in NUMBERS] for row in rows(comparison)]
    return table(
        ["kind", *comparison.samples.columns, *NUMBERS],
        [
            [row.kind, *row.label, *("" if value is None else repr(value) for value in said)]
            for row, said in zip(rows(comparison), numbers, strict=True)
        ],
    )


def table(head: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    """Return comma-separated values."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(cells)
    return text.getvalue()
