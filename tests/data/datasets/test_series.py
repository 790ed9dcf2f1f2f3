import csv
from typing import Any, ClassVar

import numpy as np
import pytest
import torch

from rnnlab.data.dataset import Part
from rnnlab.data.datasets.series import Series, SeriesName
from rnnlab.data.generation import PARTS
from rnnlab.data.package_files import package_file
from rnnlab.data.split import TensorSplit
from rnnlab.errors import ConfigError
from rnnlab.testing import DatasetContract


def part(dataset: Series, name: Part) -> TensorSplit:
    split = dataset.split(name)
    assert isinstance(split, TensorSplit)
    return split


def in_units(dataset: Series) -> list[float]:
    """The whole series, put together again from first input and all targets."""
    scaler = dataset.spec.target.scaler
    assert scaler is not None
    pieces = [part(dataset, "train").input[0]] + [part(dataset, name).target for name in PARTS]
    return scaler.inverse(torch.cat(pieces).double())[:, 0].tolist()


@pytest.mark.parametrize(
    ("name", "count", "first", "last"),
    [
        ("airline", 144, [112, 118, 132], [461, 390, 432]),
        ("sunspots", 309, [5, 11, 16], [15.2, 7.5, 2.9]),
        ("co2", 2284, [316.1, 317.3, 317.6], [371.2, 371.3, 371.5]),
        ("nile", 100, [1120, 1160, 963], [718, 714, 740]),
        ("elnino", 732, [23.11, 24.2, 25.37], [19.73, 20.44, 22.07]),
    ],
)
def test_the_published_values_come_back(
    name: SeriesName, count: int, first: list[float], last: list[float]
) -> None:
    values = in_units(Series(name))

    assert len(values) == count
    assert values[:3] == pytest.approx(first, rel=1e-5)
    assert values[-3:] == pytest.approx(last, rel=1e-5)


def test_missing_weeks_of_co2_repeat_the_week_before() -> None:
    with package_file("statsmodels", "datasets/co2/co2.csv", wanted_by="test").open() as file:
        raw = [row["co2"] for row in csv.DictReader(file)]
    values = in_units(Series("co2"))

    assert any(not cell for cell in raw)
    for position, cell in enumerate(raw):
        expected = float(cell) if cell else values[position - 1]
        assert values[position] == pytest.approx(expected, rel=1e-6)


def test_time_decides_and_targets_stay_in_their_part() -> None:
    dataset = Series("airline", window=12, horizon=3, val_fraction=0.2, test_fraction=0.25)
    values = in_units(Series("airline"))
    scaler = dataset.spec.input.scaler
    assert scaler is not None
    scaled = scaler.transform(torch.tensor(values)[:, None])

    bounds = {"train": (12, 79), "val": (79, 108), "test": (108, 144)}
    for name in PARTS:
        first, last = bounds[name]
        split = part(dataset, name)
        starts = range(first, last - 2)
        assert len(split) == len(starts)
        for row, start in enumerate(starts):
            torch.testing.assert_close(split.input[row], scaled[start - 12 : start])
            torch.testing.assert_close(split.target[row], scaled[start : start + 3])


def test_the_scaler_has_seen_the_training_part_only() -> None:
    dataset = Series("sunspots", log=False)
    values = np.array(in_units(dataset))
    train = values[: 309 - 2 * round(309 * 0.15)]
    scaler = dataset.spec.input.scaler

    assert scaler is not None
    assert scaler.mean[0] == pytest.approx(train.mean(), rel=1e-5)
    assert scaler.std[0] == pytest.approx(train.std(), rel=1e-5)


def test_log_takes_logarithms_before_scaling() -> None:
    series = Series("airline", log=True)
    plain = in_units(Series("airline"))
    assert in_units(series) == pytest.approx(plain, rel=1e-5)
    scaled = series.split("train").input
    mean, std = series.spec.input.scaler.mean[0], series.spec.input.scaler.std[0]
    expected = (np.log(plain[: scaled.shape[1]]) - mean) / std
    assert scaled[0, :, 0].numpy() == pytest.approx(expected, abs=1e-5)


def test_the_seasonal_baseline_is_named_only_where_the_window_holds_a_season() -> None:
    assert Series("airline", window=12).baselines == ("persistence", "seasonal_naive")
    assert Series("airline", window=11).baselines == ("persistence",)
    assert Series("nile").baselines == ("persistence",)


def test_the_hash_is_of_the_file() -> None:
    assert Series("airline").sha256() == Series("airline", window=3, split_seed=1).sha256()
    assert Series("airline").sha256() != Series("nile").sha256()


def test_a_mistyped_name_gets_the_nearest_one() -> None:
    with pytest.raises(ConfigError, match=r"name=sunspot: unknown; did you mean sunspots\?"):
        Series("sunspot")


class TestSeries(DatasetContract):
    reads = True
    unseen_arguments: ClassVar = {"split_seed": "parts follow one another in time"}

    def make_dataset(self, **arguments: Any) -> Series:
        return Series(**{"window": 5, **arguments})
