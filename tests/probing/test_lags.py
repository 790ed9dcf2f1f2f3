from __future__ import annotations

import pytest
import torch

from rnnlab.data.batch import Batch
from rnnlab.data.spec import DataSpec, Field
from rnnlab.errors import ConfigError
from rnnlab.probing.lags import by_lag, steps_read

SPEC = DataSpec(Field("reals", 1, True), Field("reals", 1, False))


def test_values_are_counted_from_the_end_of_each_row() -> None:
    values = torch.tensor([[1.0, 2, 3, 9], [1, 9, 9, 9], [9, 9, 9, 9]])
    found = by_lag(values, torch.tensor([3, 1, 0]))
    nan = torch.nan
    expected = torch.tensor([[3.0, 2, 1], [1, nan, nan], [nan, nan, nan]])
    torch.testing.assert_close(found, expected, equal_nan=True)


def test_all_steps_are_read_where_nobody_says_otherwise() -> None:
    assert steps_read(SPEC, Batch(torch.zeros(2, 3, 1))).tolist() == [3, 3]
    lengths = torch.tensor([0, 2])
    assert steps_read(SPEC, Batch(torch.zeros(2, 3, 1), lengths=lengths)).tolist() == [0, 2]


def test_nothing_to_look_back_at_is_refused() -> None:
    with pytest.raises(ConfigError, match="the input is 3 reals, without a time axis"):
        steps_read(DataSpec(Field("reals", 3, False), SPEC.target), Batch(torch.zeros(2, 3)))
    for batch in (
        Batch(torch.zeros(0, 3, 1)),
        Batch(torch.zeros(2, 0, 1)),
        Batch(torch.zeros(1, 3, 1), lengths=torch.tensor([0])),
    ):
        with pytest.raises(ConfigError, match="no sequence of the batch has a step"):
            steps_read(SPEC, batch)
