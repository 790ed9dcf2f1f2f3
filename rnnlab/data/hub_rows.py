"""Rows that the package ``datasets`` gives, part by part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rnnlab.data.dataset import Part
from rnnlab.errors import DataError, nearest


@dataclass(frozen=True)
class HubRows:
    """The rows of a dataset, part by part as far as it has parts.

    Args:
        path: Name or file, for messages.
        parts: For each part that there is, rows that can be read again and again.
        columns: Names of the columns.
        classes: For columns that hold numbers of classes, the names of these.
        sha256: Hash of the file; None for a dataset of the hub.
        key: The config key that named it, for messages.
    """

    path: str
    parts: dict[Part, Iterable[Mapping[str, Any]]]
    columns: tuple[str, ...]
    classes: dict[str, Sequence[str]]
    sha256: str | None
    key: str = "dataset.path"

    def require(self, column: str, key: str) -> None:
        """Check that there is a column.

        Raises:
            DataError: There is none of this name.
        """
        if column not in self.columns:
            raise DataError(
                f"no such column in {self.path}",
                key=key,
                value=column,
                near=nearest(column, self.columns),
                valid=self.columns,
            )

    def read(self, part: Part) -> Iterator[Mapping[str, Any]]:
        """Give the rows of a part.

        Raises:
            DataError: The package cannot read them.
        """
        try:
            yield from self.parts[part]
        except (ValueError, OSError, RuntimeError) as error:
            raise unreadable(self.path, self.key, error) from error

    def text(self, row: Mapping[str, Any], column: str) -> str | None:
        """Return the text of a cell, or the name of its class; None where there is none."""
        value = row[column]
        if column in self.classes and isinstance(value, int):
            # Test sets whose classes are kept secret have -1.
            return self.classes[column][value] if value >= 0 else None
        text = "" if value is None else str(value)
        return text if text.strip() else None


@dataclass(frozen=True)
class HubTexts:
    """Two texts of each row of a part, read anew each time.

    Args:
        rows: The dataset.
        part: One of its parts.
        columns: The two columns.
        missing: ``error`` refuses a row that lacks a text, ``drop`` leaves it out.
    """

    rows: HubRows
    part: Part
    columns: tuple[str, str]
    missing: Literal["error", "drop"]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        for number, row in enumerate(self.rows.read(self.part), 1):
            first, second = (self.rows.text(row, column) for column in self.columns)
            if first is not None and second is not None:
                yield first, second
            elif self.missing == "error":
                column = self.columns[0] if first is None else self.columns[1]
                raise DataError(
                    f"row {number} of {self.part} has no {column!r}; dataset.missing=drop leaves "
                    "such rows out",
                    key=self.rows.key,
                    value=self.rows.path,
                )


def unreadable(path: str, key: str, error: Exception) -> DataError:
    """Return the error for a dataset that the package cannot read, in one line.

    Args:
        path: Name or file.
        key: The config key that named it.
        error: What the package said.
    """
    first_line = str(error).strip().split("\n", 1)[0]
    why = f"the package datasets cannot read it ({type(error).__name__}: {first_line})"
    return DataError(why, key=key, value=path)
