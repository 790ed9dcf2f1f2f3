"""Opening datasets with the package ``datasets``: from the Hugging Face hub or a local file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from rnnlab.data.dataset import Part
from rnnlab.data.files import hash_file
from rnnlab.data.hub_rows import HubRows, unreadable
from rnnlab.errors import DataError, MissingPackage

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
_FAILURES = (ValueError, OSError, RuntimeError)


def open_file(path: str) -> HubRows:
    """Open a local file as a training split; it is read in pieces and not copied to any cache.

    Args:
        path: CSV, TSV, JSON, JSON lines or Parquet, by its suffix.

    Raises:
        MissingPackage: ``datasets`` is not installed.
        DataError: There is no such file, or no row in it.
    """
    datasets = _package()
    suffix = Path(path).suffix.lower()
    if suffix not in _BUILDERS:
        raise DataError("unknown kind of file", key="dataset.path", value=path, valid=_BUILDERS)
    sha256 = hash_file(path)
    options: dict[str, Any] = {}
    if _BUILDERS[suffix] == "csv":
        # Texts such as "NA" or "null" are texts.
        options = {"keep_default_na": False, "sep": "\t" if suffix == ".tsv" else ","}
    file = str(Path(path).expanduser())
    try:
        loaded = datasets.load_dataset(
            _BUILDERS[suffix], data_files=file, streaming=True, **options
        )
        return _rows(loaded, path, "dataset.path", sha256, own_splits=False)
    except _FAILURES as error:
        raise unreadable(path, "dataset.path", error) from error


def open_hub(name: str, subset: str | None, *, streaming: bool, own_splits: bool) -> HubRows:
    """Open a dataset of the hub.

    Args:
        name: Its name, such as ``stanfordnlp/imdb``.
        subset: Which of its configurations.
        streaming: Whether rows are read when needed instead of stored first.
        own_splits: Whether to use the validation and test splits that it has.

    Raises:
        MissingPackage: ``datasets`` is not installed.
        DataError: It cannot be reached, or has no training split.
    """
    datasets = _package()
    try:
        loaded = datasets.load_dataset(name, subset, streaming=streaming)
        return _rows(loaded, name, "dataset.name", None, own_splits=own_splits)
    except _FAILURES as error:
        raise unreadable(name, "dataset.name", error) from error


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


def _rows(
    loaded: Mapping[str, Any], path: str, key: str, sha256: str | None, *, own_splits: bool
) -> HubRows:
    if "train" not in loaded:
        why = f"has no split named train, only: {', '.join(loaded)}"
        raise DataError(why, key=key, value=path)
    train = loaded["train"]
    columns = train.column_names or list(next(iter(train), ()))
    if not columns:
        raise DataError("has no row", key=key, value=path)
    classes = {
        column: feature.names
        for column, feature in (train.features or {}).items()
        if hasattr(feature, "names")
    }
    parts: dict[Part, Any] = {
        part: _AllRows(loaded[name])
        for part, names in _SPLITS.items()
        for name in reversed(names)  # so that the first one wins
        if name in loaded and (own_splits or part == "train")
    }
    return HubRows(path, parts, tuple(columns), classes, sha256, key)


def _package() -> ModuleType:
    try:
        import datasets
    except ImportError as error:
        raise MissingPackage("datasets", "hf", wanted_by="dataset=huggingface") from error
    module: ModuleType = datasets
    return module
