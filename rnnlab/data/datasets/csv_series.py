"""A person's own time series, to be forecast."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

import torch
from torch import Tensor

from rnnlab.data.dataset import Dataset, Part
from rnnlab.data.files import decode_text, read_file, some_lines
from rnnlab.data.numbers import number_column
from rnnlab.data.series_windows import encode_series
from rnnlab.data.spec import DataSpec
from rnnlab.data.split import TensorSplit
from rnnlab.data.table import DelimiterName, Table, parse_table
from rnnlab.errors import ConfigError, DataError, check_choice
from rnnlab.ranges import Range


class CsvSeries(Dataset):
    """A column of a CSV file, row after row in time: its last ``window`` values and what follows.

    ``rnnlab train dataset=csv_series dataset.path=sales.csv dataset.column=revenue
    dataset.window=24 dataset.season=12 task=many_to_one``

    The file is UTF-8, its first line names the columns, and its rows are in the order of time, at
    equal distances. It is split by time into train, val and test, in this order. Inputs of val and
    test may look back into the part before; targets lie in their own part only. Scalers are fitted
    on the training part. With ``horizon`` 1 the target is one value (many_to_one), otherwise a
    sequence (many_to_many).

    Args:
        path: The file.
        column: The column to forecast.
        beside: Further columns that the window shows after ``column``.
        window: T, rows that are looked at.
        horizon: L, rows that are to be foretold.
        season: Rows after which the series roughly repeats itself, such as 12 for months; gives
            the seasonal naive baseline.
        missing: ``error`` refuses a file in which a number is missing; ``drop`` leaves out every
            example whose window or target would hold the gap; ``previous`` repeats the value
            before. None looks ahead: to interpolate would show the model what it is to foretell.
        delimiter: What stands between the cells of a row.
        val_fraction: Share of the rows in the validation part.
        test_fraction: Share of the rows, the last ones, in the test part.
        split_seed: Of no effect: time alone decides what belongs to which part.

    Raises:
        ConfigError: The season or the parts do not fit the window and the horizon, or a choice is
            none of those that there are.
        DataError: The file cannot be used as such a table; the message says where and why.
    """

    def __init__(
        self,
        path: str,
        column: str,
        beside: list[str] | None = None,
        window: Annotated[int, Range(min=1)] = 24,
        horizon: Annotated[int, Range(min=1)] = 1,
        season: Annotated[int, Range(min=1)] | None = None,
        missing: Literal["error", "drop", "previous"] = "error",
        delimiter: DelimiterName = "comma",
        val_fraction: Annotated[float, Range(above=0, below=1)] = 0.15,
        test_fraction: Annotated[float, Range(above=0, below=1)] = 0.15,
        split_seed: int = 0,
    ) -> None:
        check_choice("dataset.missing", missing, ("error", "drop", "previous"))
        if season is not None and season > window:
            why = f"the season before lies outside dataset.window={window}"
            raise ConfigError(why, key="dataset.season", value=season)
        self.season_length = season
        self.baselines = ("persistence",) if season is None else ("persistence", "seasonal_naive")

        content = read_file(path)
        self._sha256 = hashlib.sha256(content).hexdigest()
        table = parse_table(decode_text(content, path), path, delimiter=delimiter)
        values = _values(table, [column, *(beside or [])])  # (N, F), NaN where missing
        if missing == "error":
            _refuse_gaps(values, table)
        elif missing == "previous":
            values = _repeat_previous(values, table)
        self._spec, self._splits = encode_series(
            values,
            path,
            window=window,
            horizon=horizon,
            val_fraction=val_fraction,
            test_fraction=test_fraction,
            target_name=column,
        )

    @property
    def spec(self) -> DataSpec:
        """Reals in, of which the first is the column that comes out."""
        return self._spec

    def split(self, part: Part) -> TensorSplit:
        """Return input ``(N, T, F)`` and target ``(N, 1)`` or ``(N, L, 1)``, both scaled."""
        return self._splits[part]

    def sha256(self) -> str:
        """Return the hash of the file."""
        return self._sha256


def _values(table: Table, columns: list[str]) -> Tensor:
    keys = ["dataset.column"] + ["dataset.beside"] * (len(columns) - 1)
    numbers = [number_column(table, name, key=key) for name, key in zip(columns, keys, strict=True)]
    return torch.tensor(numbers, dtype=torch.float64).T


def _refuse_gaps(values: Tensor, table: Table) -> None:
    gaps = values.isnan().any(1).nonzero()[:, 0].tolist()
    if gaps:
        raise DataError(
            f"{len(gaps)} of {len(values)} rows lack a number: "
            f"{some_lines([(table.lines[row], '') for row in gaps])}; dataset.missing=previous "
            "repeats the value before, dataset.missing=drop leaves out every window with a gap",
            key="dataset.path",
            value=table.path,
        )


def _repeat_previous(values: Tensor, table: Table) -> Tensor:
    """Return ``(N, F)`` with each gap filled by the value before it."""
    if values[0].isnan().any():
        why = f"there is no value before the gap in line {table.lines[0]} to repeat"
        raise DataError(why, key="dataset.path", value=table.path)
    rows = torch.arange(len(values))[:, None].expand_as(values)
    last_seen = torch.where(values.isnan(), 0, rows).cummax(0).values
    return values.gather(0, last_seen)
