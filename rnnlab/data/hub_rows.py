"""Rows through the package ``datasets``: from the Hugging Face hub or a local file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rnnlab.data.dataset import Part
from rnnlab.data.files import hash_file
from rnnlab.errors import DataError, MissingPackage, nearest

_BUILDERS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "json",
    ".jsonl": "json",
    ".parquet": "parquet",
}
# What datasets of the hub call their parts.
_SPLITS: dict[Part, tuple[str, ...]] = {
    "train": ("train",),
    "val": ("validation", "val", "valid", "dev"),
    "test": ("test",),
}

_ROWS_AT_ONCE = 1000


@dataclass(frozen=True)
class HubRows:
    """The rows of a dataset, part by part as far as it has parts.

    Args:
        path: Name or file, for messages.
        parts: For each part that there is, rows that can be read again and again.
        columns: Names of the columns.
        classes: For columns that hold numbers of classes, the names of these.
        sha256: Hash of the file; None for a dataset of the hub.
    """

    path: str
    parts: dict[Part, Iterable[Mapping[str, Any]]]
    columns: tuple[str, ...]
    classes: dict[str, Sequence[str]]
    sha256: str | None

    def require(self, column: str, key: str) -> str:
        """Return the name of a column that is there.

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
        return column

    def read(self, part: Part) -> Iterator[Mapping[str, Any]]:
        """Give the rows of a part.

        Raises:
            DataError: The package cannot read them.
        """
        try:
            yield from self.parts[part]
        except (ValueError, OSError, RuntimeError) as error:
            raise _unreadable(self.path, error) from error

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
                    key="dataset.path",
                    value=self.rows.path,
                )


@dataclass(frozen=True)
class _AllRows:
    """The rows of a split; in a worker process of a DataLoader too, all of them.

    Iterating over a split itself gives each worker its share of the files. Who reads which rows
    is decided by :class:`rnnlab.data.loading.ExampleLoader`, and must not be decided twice.
    """

    split: Any

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        for batch in self.split.iter(batch_size=_ROWS_AT_ONCE):
            for cells in zip(*batch.values(), strict=True):
                yield dict(zip(batch, cells, strict=True))


def open_rows(path: str, name: str | None, *, streaming: bool, own_splits: bool) -> HubRows:
    """Open a dataset of the hub or a local file; a file is not copied to any cache.

    Args:
        path: A name on the hub, or a file: CSV, TSV, JSON, JSON lines or Parquet.
        name: Which configuration of a dataset of the hub.
        streaming: Whether rows of the hub are read when needed instead of stored first.
        own_splits: Whether to use the validation and test splits that the dataset has.

    Raises:
        MissingPackage: ``datasets`` is not installed.
        DataError: There is no such file or dataset, or no row in it.
    """
    try:
        import datasets
    except ImportError as error:
        raise MissingPackage("datasets", "hf", wanted_by="dataset=huggingface") from error

    suffix = Path(path).suffix.lower()
    if suffix not in _BUILDERS and Path(path).expanduser().exists():
        raise DataError("unknown kind of file", key="dataset.path", value=path, valid=_BUILDERS)
    sha256 = hash_file(path) if suffix in _BUILDERS else None
    try:
        if sha256 is None:
            loaded = datasets.load_dataset(path, name, streaming=streaming)
        else:
            loaded = datasets.load_dataset(
                _BUILDERS[suffix],
                data_files=str(Path(path).expanduser()),
                streaming=True,
                **_csv_options(suffix),
            )
        splits = {
            part: next((loaded[name] for name in names if name in loaded), None)
            for part, names in _SPLITS.items()
        }
        train = splits["train"]
        if train is None:
            why = f"has no split named train, only: {', '.join(loaded)}"
            raise DataError(why, key="dataset.path", value=path)
        columns = train.column_names or list(next(iter(train), ()))
        features = train.features or {}
    except (ValueError, OSError, RuntimeError) as error:
        raise _unreadable(path, error) from error
    if not columns:
        raise DataError("has no row", key="dataset.path", value=path)
    classes = {
        column: feature.names for column, feature in features.items() if hasattr(feature, "names")
    }
    parts = {
        part: _AllRows(split)
        for part, split in splits.items()
        if split is not None and (own_splits or part == "train")
    }
    return HubRows(path, {**parts}, tuple(columns), classes, sha256)


def _csv_options(suffix: str) -> dict[str, Any]:
    if _BUILDERS[suffix] != "csv":
        return {}
    # Texts such as "NA" or "null" are texts.
    return {"keep_default_na": False, "sep": "\t" if suffix == ".tsv" else ","}


def _unreadable(path: str, error: Exception) -> DataError:
    first_line = str(error).strip().split("\n", 1)[0]
    why = f"the package datasets cannot read it ({type(error).__name__}: {first_line})"
    return DataError(why, key="dataset.path", value=path)
