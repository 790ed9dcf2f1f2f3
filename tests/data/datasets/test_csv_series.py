import hashlib
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch

from rnnlab.data.dataset import Part
from rnnlab.data.datasets.csv_series import CsvSeries
from rnnlab.data.spec import DataSpec
from rnnlab.errors import ConfigError, DataError
from rnnlab.testing import DatasetContract

PARTS: tuple[Part, ...] = ("train", "val", "test")


def write(folder: Path, values: list[object], other: float = 0.5) -> str:
    file = folder / "sales.csv"
    lines = [f"2020-{i:02},{value},{i * other}" for i, value in enumerate(values)]
    file.write_text("\n".join(["month,revenue,rain", *lines]))
    return str(file)


def series(path: str, **arguments: object) -> CsvSeries:
    return CsvSeries(path, "revenue", **{"window": 3, **arguments})


def test_windows_and_targets_in_the_units_of_the_file(tmp_path: Path) -> None:
    dataset = series(write(tmp_path, [10.0 * i for i in range(20)]))
    scaler = dataset.spec.input.scaler
    assert scaler is not None
    for part, targets in (("train", range(3, 14)), ("val", range(14, 17)), ("test", range(17, 20))):
        split = dataset.split(part)
        expected = torch.tensor([[[t - 3.0], [t - 2.0], [t - 1.0]] for t in targets]) * 10
        torch.testing.assert_close(scaler.inverse(split.input), expected)
        torch.testing.assert_close(
            scaler.inverse(split.target), torch.tensor([[10.0 * t] for t in targets])
        )


def test_scaler_knows_the_training_part_only(tmp_path: Path) -> None:
    path = write(tmp_path, [*[float(i % 2) for i in range(14)], *[1e6] * 6])
    scaler = series(path).spec.target.scaler
    assert scaler is not None
    assert scaler.mean == (0.5,)
    assert scaler.std == (0.5,)


def test_a_horizon_makes_a_sequence(tmp_path: Path) -> None:
    dataset = series(write(tmp_path, list(range(40))), horizon=4)
    assert dataset.spec.target.sequence
    assert dataset.spec.target.max_length == 4
    assert dataset.split("test").target.shape == (3, 4, 1)
    scaler = dataset.spec.target.scaler
    assert scaler is not None
    last = scaler.inverse(dataset.split("test").target)[-1, :, 0]
    torch.testing.assert_close(last, torch.tensor([36.0, 37.0, 38.0, 39.0]))


def test_further_columns_are_shown_after_the_first(tmp_path: Path) -> None:
    dataset = series(write(tmp_path, list(range(20)), other=2), beside=["rain"])
    assert (dataset.spec.input.size, dataset.spec.target.size) == (2, 1)
    scaler = dataset.spec.input.scaler
    assert scaler is not None
    shown = scaler.inverse(dataset.split("train").input)
    torch.testing.assert_close(shown[0], torch.tensor([[0.0, 0.0], [1.0, 2.0], [2.0, 4.0]]))
    assert dataset.split("train").target.shape == (11, 1)


def test_gaps_are_named(tmp_path: Path) -> None:
    values: list[object] = list(range(20))
    values[4], values[9] = "", "NA"
    with pytest.raises(
        DataError, match=r"2 of 20 rows lack a number: line 6, line 11; dataset\.mi"
    ):
        series(write(tmp_path, values))


def test_no_window_holds_a_gap_that_was_dropped(tmp_path: Path) -> None:
    values: list[object] = list(range(20))
    values[5] = ""
    dataset = series(write(tmp_path, values), missing="drop")
    assert len(dataset.split("train")) == 11 - 4
    assert all(torch.isfinite(dataset.split(part).input).all() for part in PARTS)
    assert all(torch.isfinite(dataset.split(part).target).all() for part in PARTS)


def test_a_gap_repeats_the_value_before_and_never_looks_ahead(tmp_path: Path) -> None:
    values: list[object] = list(range(20))
    values[5] = values[6] = ""
    dataset = series(write(tmp_path, values), missing="previous")
    scaler = dataset.spec.target.scaler
    assert scaler is not None
    seen = scaler.inverse(dataset.split("train").target)[:5, 0]
    torch.testing.assert_close(seen, torch.tensor([3.0, 4.0, 4.0, 4.0, 7.0]))
    with pytest.raises(DataError, match="no value before the gap in line 2"):
        series(write(tmp_path, ["", *values[:5]]), missing="previous")


def test_cells_that_are_no_numbers_are_refused_whatever_missing_says(tmp_path: Path) -> None:
    values: list[object] = [*range(19), "oops"]
    with pytest.raises(DataError, match=r"dataset\.column=revenue: .* line 21 \('oops'\)"):
        series(write(tmp_path, values), missing="drop")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"beside": ["rian"]}, r"dataset\.beside=rian: .*did you mean rain\?"),
        ({"window": 30}, r"dataset\.window=30"),
        ({"season": 4}, r"dataset\.season=4: the season before lies outside dataset\.window=3"),
    ],
)
def test_wrong_arguments_are_named(
    tmp_path: Path, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        series(write(tmp_path, list(range(20))), **arguments)


def test_baselines_hash_and_spec(tmp_path: Path) -> None:
    path = write(tmp_path, list(range(20)))
    assert series(path).baselines == ("persistence",)
    seasonal = series(path, season=3)
    assert seasonal.baselines == ("persistence", "seasonal_naive")
    assert seasonal.season_length == 3
    assert seasonal.sha256() == hashlib.sha256(Path(path).read_bytes()).hexdigest()
    assert DataSpec.from_dict(seasonal.spec.to_dict()) == seasonal.spec


@pytest.mark.usefixtures("folder")
class TestCsvSeries(DatasetContract):
    folder: Path
    reads = True
    other_values: ClassVar = {
        "column": "rain",
        "beside": ["rain"],
        "season": 3,
    }
    unseen_arguments: ClassVar = {
        "path": "make_other_dataset reads another file",
        "missing": "no value is missing",
        "delimiter": "the file has but one",
        "split_seed": "parts follow one another in time",
    }

    def make_dataset(self, **arguments: Any) -> CsvSeries:
        return self.read(7, **arguments)

    def make_other_dataset(self) -> CsvSeries:
        return self.read(5)

    def read(self, cycle: int, **arguments: Any) -> CsvSeries:
        path = write(self.folder, [n + n % cycle for n in range(40)])
        return CsvSeries(path, **{"column": "revenue", "window": 3, **arguments})
