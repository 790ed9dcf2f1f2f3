import numpy as np
import pytest
import torch

from rnnlab.data.array_values import (
    channels_first,
    finite_reals,
    scaled,
    token_ids,
    valid_lengths,
    valid_mask,
)
from rnnlab.data.scaler import Scaler
from rnnlab.errors import DataError

VALID = np.array([[True, True], [True, False]])


def test_lengths() -> None:
    lengths = valid_lengths(np.array([2, 1], np.uint8), "lengths", 2, 2, "a.npz")
    assert torch.equal(lengths, torch.tensor([2, 1]))
    np.testing.assert_array_equal(valid_mask(lengths, 2, 2), VALID)
    assert valid_mask(None, 2, 3).all()


@pytest.mark.parametrize(
    ("lengths", "message"),
    [
        (np.array([1, 0]), r"lengths\[1\] is 0, and must be from 1 to 2$"),
        (np.array([9, 3]), r"lengths\[0\] is 9, .* \(and 1 more\)"),
        (np.array([1]), r"lengths must be 2 whole numbers, and is int64 of shape \(1,\)"),
        (np.array([1.0, 2.0]), "is float64"),
    ],
)
def test_lengths_out_of_range(lengths: np.ndarray, message: str) -> None:
    with pytest.raises(DataError, match=message):
        valid_lengths(lengths, "lengths", 2, 2, "a.npz")


def test_padding_is_neither_read_nor_kept() -> None:
    ids = token_ids(np.array([[3, 1], [2, -1]]), VALID, "x", "a.npz")
    assert torch.equal(ids, torch.tensor([[3, 1], [2, 0]]))
    values = finite_reals(np.array([[3.0, 1.0], [2.0, np.nan]]), VALID, "x", "a.npz")
    assert torch.equal(values, torch.tensor([[3.0, 1.0], [2.0, 0.0]], dtype=torch.float64))
    result = scaled(values[..., None], Scaler((1.0,), (2.0,)), VALID)
    assert torch.equal(result[..., 0], torch.tensor([[1.0, 0.0], [0.5, 0.0]]))


@pytest.mark.parametrize("wrong", [-1, 1_000_000])
def test_ids_out_of_range_are_named(wrong: int) -> None:
    with pytest.raises(DataError, match=rf"x\[0, 1\] is {wrong}: ids are numbered from 0"):
        token_ids(np.array([[3, wrong], [2, 0]]), VALID, "x", "a.npz")


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_named(wrong: float) -> None:
    with pytest.raises(DataError, match=rf"y\[1\] is {wrong} \(and 1 more\)"):
        finite_reals(np.array([0, wrong, wrong]), None, "y", "a.npz")


def test_channels() -> None:
    assert channels_first(np.zeros((5, 8, 6)), frames=False).shape == (5, 1, 8, 6)
    assert channels_first(np.zeros((5, 7, 8, 6)), frames=True).shape == (5, 7, 1, 8, 6)
    assert channels_first(np.zeros((5, 3, 8, 4)), frames=False).shape == (5, 3, 8, 4)
    last = np.arange(5 * 8 * 6 * 3).reshape(5, 8, 6, 3)
    first = channels_first(last, frames=False)
    assert first.shape == (5, 3, 8, 6)
    assert first[2, 1, 4, 5] == last[2, 4, 5, 1]
