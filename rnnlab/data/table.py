"""Tables of a person's: CSV and its kin, with the line number of every row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from rnnlab.data.files import some_lines
from rnnlab.errors import DataError, check_choice, nearest

DelimiterName = Literal["comma", "semicolon", "tab", "pipe"]

DELIMITERS: dict[DelimiterName, str] = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}


@dataclass(frozen=True)
class Table:
    """Rows of cells under named columns.

    Args:
        path: The file, for messages.
        header: Names of the columns.
        rows: Cells of each row, as many as there are columns.
        lines: Line of the file in which each row begins, from 1.
        hint: What may explain a column that is not found, or nothing.
    """

    path: str
    header: tuple[str, ...]
    rows: list[list[str]]
    lines: list[int]
    hint: str = ""

    def column(self, name: str, *, key: str) -> list[str]:
        """Return the cells of a column.

        Args:
            name: Its name in the header.
            key: The config key that names it, for messages.

        Raises:
            DataError: No column has this name, or several have.
        """
        places = [place for place, title in enumerate(self.header) if title == name]
        if not places:
            raise DataError(
                f"no such column in {self.path}{self.hint}",
                key=key,
                value=name,
                near=nearest(name, self.header),
                valid=self.header,
            )
        if len(places) > 1:
            why = f"{len(places)} columns of {self.path} have this name"
            raise DataError(why, key=key, value=name)
        return [row[places[0]] for row in self.rows]

    def keep(self, kept: Sequence[bool]) -> Table:
        """Return the table with only those rows whose entry in ``kept`` is true."""
        chosen = [index for index, keep in enumerate(kept) if keep]
        rows, lines = [self.rows[i] for i in chosen], [self.lines[i] for i in chosen]
        return Table(self.path, self.header, rows, lines, self.hint)


def parse_table(
    text: str,
    path: str,
    *,
    delimiter: DelimiterName = "comma",
    header: bool = True,
    quoted: bool = True,
    key: str = "dataset.path",
) -> Table:
    """Read a table as RFC 4180 describes it: quoted cells may hold delimiters and line ends.

    Blank lines are skipped. Where there is one column only, a blank line between others is a row
    with an empty cell: to skip it would move what follows in time.

    Args:
        text: The whole text, line ends as in the file.
        path: The file, for messages.
        delimiter: What stands between cells.
        header: Whether the first row names the columns; otherwise they are ``1``, ``2``, ….
        quoted: Whether a double quote encloses a cell; otherwise it is a sign like others.
        key: The config key or option that named the file, for messages.

    Raises:
        ConfigError: There is no such delimiter.
        DataError: Quotes do not match, rows differ in their number of cells, or there is no row.
    """
    check_choice("dataset.delimiter", delimiter, DELIMITERS)
    numbered = list(_numbered_rows(text, path, delimiter, quoted, key))
    while numbered and not numbered[0][1]:
        numbered.pop(0)
    while numbered and not numbered[-1][1]:
        numbered.pop()
    width = len(numbered[0][1]) if numbered else 0
    filled = [(line, row or [""]) for line, row in numbered if row or width == 1]
    titles = tuple(str(number) for number in range(1, width + 1))
    if header:
        titles = tuple(title.strip() for title in filled[0][1]) if filled else ()
        filled = filled[1:]
    if not filled:
        raise DataError("has no rows" + " below its header" * header, key=key, value=path)
    ragged = [(line, f"{len(row)} cells") for line, row in filled if len(row) != width]
    if ragged:
        raise DataError(
            f"{len(ragged)} of {len(filled)} rows do not have the {width} cells of the first: "
            f"{some_lines(ragged)}",
            key=key,
            value=path,
        )
    lines, rows = [line for line, _ in filled], [row for _, row in filled]
    return Table(path, titles, rows, lines, _hint(titles, text, delimiter, header))


def _numbered_rows(
    text: str, path: str, delimiter: DelimiterName, quoted: bool, key: str
) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=DELIMITERS[delimiter],
        quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
        strict=True,
    )
    line = 1
    try:
        with _cells_of(len(text)):
            for row in reader:
                yield line, row
                line = reader.line_num + 1
    except csv.Error as error:
        why = f"the row that begins in line {line} cannot be read: {error}"
        raise DataError(why, key=key, value=path) from error


@contextmanager
def _cells_of(size: int) -> Iterator[None]:
    # The csv module refuses cells over 131,072 characters, and has one limit for all readers.
    limit = csv.field_size_limit()
    csv.field_size_limit(max(limit, size))
    try:
        yield
    finally:
        csv.field_size_limit(limit)


def _hint(titles: tuple[str, ...], text: str, delimiter: DelimiterName, header: bool) -> str:
    if not header:
        return ""
    if all(_is_number(title) for title in titles):
        return ": its first line must name the columns, and holds numbers"
    first_line = text.lstrip().split("\n", 1)[0]
    if len(titles) == 1:
        for name, sign in DELIMITERS.items():
            if name != delimiter and sign in first_line:
                return f": its cells may be separated otherwise, try dataset.delimiter={name}"
    return ""


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
