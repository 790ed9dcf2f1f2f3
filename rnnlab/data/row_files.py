"""A person's rows in CSV or JSON-lines files."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from rnnlab.data.files import decode_text, read_file
from rnnlab.data.numbers import parse_number
from rnnlab.data.table import parse_table
from rnnlab.errors import ConfigError, DataError, StorageError


class Row(dict[str, Any]):
    """Values by column, and where they stand.

    Args:
        values: Texts from CSV; what JSON has from JSON lines.
        number: Which row of the file it is, from 1.
        line: The line of the file in which it begins, from 1.
    """

    def __init__(self, values: Mapping[str, Any], number: int, line: int) -> None:
        super().__init__(values)
        self.number, self.line = number, line


def row_format(path: str | Path, key: str) -> Literal["csv", "jsonl"]:
    """Return the format that the suffix of a path asks for.

    Args:
        path: Ends in ``.csv`` or ``.jsonl``.
        key: The option that named it, for messages.

    Raises:
        ConfigError: It ends otherwise.
    """
    suffix = Path(path).suffix.lower()
    if suffix == ".csv":
        return "csv"
    if suffix == ".jsonl":
        return "jsonl"
    raise ConfigError("unknown kind of file", key=key, value=path, valid=(".csv", ".jsonl"))


def read_rows(path: str | Path, *, key: str = "--input") -> list[Row]:
    """Return the rows of a file: CSV with a header, or one JSON object on each line.

    Args:
        path: Ends in ``.csv`` or ``.jsonl``.
        key: The option that named it, for messages.

    Raises:
        ConfigError: It has another suffix.
        DataError: It cannot be read; the message names the line.
    """
    name = str(path)
    kind = row_format(path, key)
    text = decode_text(read_file(name, key=key), name, key=key)
    return _csv_rows(text, name, key) if kind == "csv" else _json_rows(text, name, key)


def write_rows(
    path: str | Path, rows: Iterable[Mapping[str, Any]], *, key: str = "--output"
) -> None:
    """Write rows as CSV or JSON lines; in CSV, lists and objects are written as JSON.

    Args:
        path: Ends in ``.csv`` or ``.jsonl``.
        rows: Values by column. The columns of a CSV are those of all rows.
        key: The option that named it, for messages.

    Raises:
        ConfigError: It has another suffix.
        StorageError: It cannot be written.
    """
    rows = list(rows)
    kind = row_format(path, key)
    try:
        with Path(path).expanduser().open("w", encoding="utf-8", newline="") as stream:
            if kind == "jsonl":
                stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
            else:
                columns = list(dict.fromkeys(column for row in rows for column in row))
                writer = csv.writer(stream)
                writer.writerow(columns)
                writer.writerows([_cell(row.get(column)) for column in columns] for row in rows)
    except OSError as error:
        raise StorageError(f"{key}={path}: cannot be written ({error.strerror})") from error


def _csv_rows(text: str, path: str, key: str) -> list[Row]:
    table = parse_table(text, path, key=key)
    if all(parse_number(title) is not None for title in table.header):
        why = "its first line must name the columns, and holds numbers"
        raise DataError(why, key=key, value=path)
    return [
        Row(dict(zip(table.header, cells, strict=True)), number, line)
        for number, (cells, line) in enumerate(zip(table.rows, table.lines, strict=True), 1)
    ]


def _json_rows(text: str, path: str, key: str) -> list[Row]:
    rows: list[Row] = []
    # Not splitlines(): signs such as U+2028 end a line there, and may stand in a JSON text.
    for line, content in enumerate(text.split("\n"), 1):
        if not content.strip():
            continue
        try:
            values = json.loads(content)
        except ValueError as error:
            why = f"line {line} is no JSON ({_what(error)})"
            raise DataError(why, key=key, value=path) from error
        if not isinstance(values, dict):
            raise DataError(f"line {line} is no JSON object", key=key, value=path)
        rows.append(Row(values, len(rows) + 1, line))
    return rows


def _what(error: ValueError) -> str:
    # The decoder counts lines from the text that it was given, which is one line of the file.
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at character {error.pos + 1}"
    return str(error)


def _cell(value: object) -> object:
    if isinstance(value, bool | list | tuple | dict):
        return json.dumps(value, ensure_ascii=False)
    return value
