from __future__ import annotations

import csv
from io import StringIO

from rnnlab.compare.comparison import Comparison
from rnnlab.compare.tables.csv import as_csv
from rnnlab.compare.tables.rows import NUMBERS, rows


def test_what_is_read_back_is_equal(nasty: Comparison) -> None:
    head, *found = csv.reader(StringIO(as_csv(nasty), newline=""))
    assert head == ["kind", "cell.name", *NUMBERS]
    expected = rows(nasty)
    assert len(found) == len(expected) == 4
    for cells, row in zip(found, expected, strict=True):
        assert cells[:2] == [row.kind, row.label[0]]
        for name, text in zip(NUMBERS, cells[2:], strict=True):
            value = getattr(row, name)
            assert text == "" if value is None else float(text) == value


def test_kinds_and_counts(nasty: Comparison) -> None:
    known = [(row.kind, row.n, row.missing) for row in rows(nasty)]
    assert sorted(known[:3], key=str) == [("setting", 1, 0), ("setting", 3, 0), ("setting", 3, 1)]
    assert known[3] == ("baseline", None, None)
