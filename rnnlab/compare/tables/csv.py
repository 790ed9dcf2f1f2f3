"""The table in full precision, for programs."""

from __future__ import annotations

import csv
from io import StringIO

from rnnlab.compare.comparison import Comparison
from rnnlab.compare.tables.rows import NUMBERS, rows


def as_csv(comparison: Comparison) -> str:
    """Return comma-separated values: kind, the keys, then n, missing, mean, sd, low and high.

    Numbers are written so that they are read back equal; what there is none of is empty.
    """
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["kind", *comparison.samples.columns, *NUMBERS])
    for row in rows(comparison):
        numbers = [getattr(row, name) for name in NUMBERS]
        said = ["" if value is None else repr(value) for value in numbers]
        writer.writerow([row.kind, *row.label, *said])
    return text.getvalue()
