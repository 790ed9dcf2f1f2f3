"""Numbers in the cells of a table."""

from __future__ import annotations

from math import isfinite, nan

from rnnlab.data.files import some_lines
from rnnlab.data.table import Table
from rnnlab.errors import DataError

# What spreadsheets, statistics packages and public archives write for a missing number.
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", ".", "?", "-"})


def parse_number(cell: str) -> float | None:
    """Return the finite number in a cell, NaN for a missing one, None for anything else."""
    stripped = cell.strip()
    if stripped.lower() in MISSING:
        return nan
    try:
        number = float(stripped)
    except ValueError:
        return None
    # Python reads 1_000 as a number; other programs do not.
    return number if isfinite(number) and "_" not in stripped else None


def number_column(table: Table, name: str, *, key: str) -> list[float]:
    """Return a column of finite numbers, NaN where one is missing.

    Args:
        table: The table.
        name: The column.
        key: The config key that names it, for messages.

    Raises:
        DataError: There is no such column, or a cell holds neither a number nor nothing.
    """
    cells = table.column(name, key=key)
    numbers = [parse_number(cell) for cell in cells]
    wrong = [
        (line, repr(cell))
        for line, cell, number in zip(table.lines, cells, numbers, strict=True)
        if number is None
    ]
    if wrong:
        raise DataError(
            f"{len(wrong)} of {len(cells)} cells are no finite numbers: {some_lines(wrong)}",
            key=key,
            value=name,
        )
    return [number for number in numbers if number is not None]
