from math import nan

import pytest
import torch

from rnnlab.data.dataset import Part
from rnnlab.data.series_windows import encode_series
from rnnlab.data.spec import DataSpec
from rnnlab.data.split import TensorSplit
from rnnlab.errors import DataError


def encode(values: list[list[float]]) -> tuple[DataSpec, dict[Part, TensorSplit]]:
    return encode_series(
        torch.tensor(values, dtype=torch.float64),
        "s.csv",
        window=2,
        horizon=1,
        val_fraction=0.2,
        test_fraction=0.2,
        target_name="sales",
    )


def test_the_first_feature_is_the_target() -> None:
    spec, splits = encode([[float(t), -10.0 * t] for t in range(20)])
    assert (spec.input.size, spec.target.size) == (2, 1)
    assert (spec.input.name, spec.target.name) == ("window", "sales")
    assert spec.target.scaler is not None
    assert spec.target.scaler.mean == (5.5,)
    found = spec.target.scaler.inverse(splits["val"].target)
    torch.testing.assert_close(found, torch.tensor([[12.0], [13.0], [14.0], [15.0]]))


def test_gaps_touch_only_the_windows_that_hold_them() -> None:
    values = [[float(t)] for t in range(20)]
    whole = encode(values)[1]
    values[13] = [nan]
    splits = encode(values)[1]
    assert torch.equal(splits["train"].input, whole["train"].input)
    assert torch.equal(splits["test"].input, whole["test"].input)
    assert torch.equal(splits["val"].target, whole["val"].target[:1])


def test_a_part_of_gaps_is_refused() -> None:
    with pytest.raises(DataError, match="every window of the part test has a gap"):
        encode([[float(t)] for t in range(16)] + [[nan]] * 4)
    with pytest.raises(DataError, match="no row of the training part has all"):
        encode([[nan]] * 12 + [[1.0]] * 8)
