from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from rnnlab.compare.comparison import Comparison
from rnnlab.compare.tables.markdown import as_markdown, escaped
from rnnlab.compare.tables.rows import shown
from rnnlab.errors import one_line


def cells_of(line: str) -> list[str]:
    """Return the cells of a row as GitHub splits it, its escapes undone."""
    parts = re.split(r"(?<!\\)(?:\\\\)*\|", line)
    return [re.sub(r"\\(.)", r"\1", part.strip()) for part in parts[1:-1]]


def test_what_is_read_back_is_what_is_shown(nasty: Comparison) -> None:
    head, rule, *lines = as_markdown(nasty).splitlines()
    expected_head, expected = shown(nasty)
    assert cells_of(head) == expected_head
    assert re.fullmatch(r"\| ---( \| ---:)+ \|", rule)
    assert [cells_of(line) for line in lines] == [
        [one_line(text).strip() for text in row] for row in expected
    ]


@given(st.text())
def test_escapes_are_undone_by_whoever_reads(text: str) -> None:
    found = escaped(text)
    assert len(found.splitlines()) <= 1
    assert re.sub(r"\\(.)", r"\1", found) == one_line(text)
    assert not re.search(r"(?<!\\)(?:\\\\)*[|<*_`]", found)
