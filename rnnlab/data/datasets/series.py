"""Classic time series, to be forecast."""

from __future__ import annotations

import ast
import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from math import nan
from typing import Annotated, Literal

import torch

from rnnlab.data.content import content_sha256
from rnnlab.data.dataset import Dataset, Part
from rnnlab.data.package_files import package_file
from rnnlab.data.scaler import Scaler
from rnnlab.data.spec import DataSpec
from rnnlab.data.split import Split
from rnnlab.data.windows import forecast_spec, forecast_split, split_by_time
from rnnlab.errors import check_choice
from rnnlab.ranges import Range

SeriesName = Literal["airline", "sunspots", "co2", "nile", "elnino"]


@dataclass(frozen=True)
class _Source:
    package: str
    path: str
    read: Callable[[str], list[float]]
    season_length: int | None
    unit: str


class Series(Dataset):
    """The last ``window`` values of a classic time series, and the ``horizon`` after them.

    ``airline``: thousands of airline passengers a month, 1949-1960 (Box and Jenkins, Time Series
    Analysis, series G). ``sunspots``: yearly mean number, 1700-2008, with the Schwabe cycle of
    about 11 years. ``co2``: weekly ppm at Mauna Loa, 1958-2001; a missing week repeats the week
    before it. ``nile``: yearly flow at Aswan in 1e8 cubic metres, 1871-1970. ``elnino``: monthly
    sea surface temperature in degrees Celsius, 1950-2010. The first is read from the files of
    pmdarima, the others from those of statsmodels, without importing either.

    The series is split by time into train, val and test, in this order. Inputs of val and test may
    look back into the part before; targets lie in their own part only. The scaler is fitted on the
    training part. With ``horizon`` 1 the target is one value (many_to_one), otherwise a sequence
    (many_to_many).

    Args:
        name: Which series.
        window: T, steps that are looked at.
        horizon: L, steps that are to be foretold.
        log: Whether to take logarithms before scaling; scores stay in units of the series.
        val_fraction: Share of the series to validate on.
        test_fraction: Share of the series, at its end, to test on.
        split_seed: Of no effect: time alone decides what belongs to which part.

    Raises:
        ConfigError: There is no such series, or too little of it for the window and the horizon.
        MissingPackage: The package that carries the series is not installed.
    """

    def __init__(
        self,
        name: SeriesName = "airline",
        window: Annotated[int, Range(min=1)] = 24,
        horizon: Annotated[int, Range(min=1)] = 1,
        log: bool = False,
        val_fraction: Annotated[float, Range(above=0, below=1)] = 0.15,
        test_fraction: Annotated[float, Range(above=0, below=1)] = 0.15,
        split_seed: int = 0,
    ) -> None:
        check_choice("dataset.name", name, _SOURCES)
        source = _SOURCES[name]
        file = package_file(source.package, source.path, wanted_by="dataset=series")
        content = file.read_bytes()
        self._sha256 = content_sha256(content)
        self.season_length = source.season_length
        seasonal = self.season_length is not None and self.season_length <= window
        self.baselines = ("persistence", "seasonal_naive") if seasonal else ("persistence",)

        values = torch.tensor(source.read(content.decode()), dtype=torch.float64)[:, None]  # (N, 1)
        bounds = split_by_time(len(values), val_fraction, test_fraction)
        scaler = Scaler.fit(values[slice(*bounds["train"])], log=log)
        scaled = scaler.transform(values).float()
        self._splits: dict[Part, Split] = {
            part: forecast_split(
                scaled, scaled, window=window, horizon=horizon, first=first, last=last
            )
            for part, (first, last) in bounds.items()
        }
        self._spec = forecast_spec(
            scaler, scaler, horizon=horizon, input_name=source.unit, target_name=source.unit
        )

    @property
    def spec(self) -> DataSpec:
        """Reals in and out, one feature, named by the unit."""
        return self._spec

    def split(self, part: Part) -> Split:
        """Return input ``(N, T, 1)`` and target ``(N, 1)`` or ``(N, L, 1)``, both scaled."""
        return self._splits[part]

    def sha256(self) -> str:
        """Return the hash of the file that holds the series."""
        return self._sha256


def _table(*columns: str) -> Callable[[str], list[float]]:
    def read(text: str) -> list[float]:
        rows = csv.DictReader(io.StringIO(text))
        values: list[float] = []
        for row in rows:
            for column in columns:
                value = float(row[column] or nan)
                values.append(values[-1] if value != value else value)
        return values

    return read


def _longest_list(text: str) -> list[float]:
    lists = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.List)]
    numbers: list[float] = ast.literal_eval(max(lists, key=lambda node: len(node.elts)))
    return numbers


_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")

_SOURCES: dict[SeriesName, _Source] = {
    "airline": _Source(
        "pmdarima", "datasets/airpassengers.py", _longest_list, 12, "thousand passengers"
    ),
    "sunspots": _Source(
        "statsmodels", "datasets/sunspots/sunspots.csv", _table("SUNACTIVITY"), 11, "sunspots"
    ),
    "co2": _Source("statsmodels", "datasets/co2/co2.csv", _table("co2"), 52, "ppm"),
    "nile": _Source(
        "statsmodels", "datasets/nile/nile.csv", _table("volume"), None, "1e8 cubic metres"
    ),
    "elnino": _Source(
        "statsmodels", "datasets/elnino/elnino.csv", _table(*_MONTHS), 12, "degrees Celsius"
    ),
}
