from __future__ import annotations

import pytest
import torch

from rnnlab.models.readout import read_out


@pytest.mark.parametrize("how", ["last", "mean", "max"])
def test_reads_valid_steps_only(how: str) -> None:
    features = torch.randn(4, 5, 6) - 3  # all below zero: a maximum must not see the padding
    lengths = [5, 3, 1, 0]
    for b, length in enumerate(lengths):
        features[b, length:] = 0
    result = read_out(features, torch.tensor(lengths), how)  # type: ignore[arg-type]
    for b, length in enumerate(lengths):
        row = features[b, :length]
        if length == 0:
            expected = torch.zeros(6)
        else:
            expected = {"last": row[-1], "mean": row.mean(0), "max": row.max(0).values}[how]
        torch.testing.assert_close(result[b], expected)


@pytest.mark.parametrize("how", ["last", "mean", "max", "every"])
def test_without_lengths_all_steps_are_valid(how: str) -> None:
    features = torch.randn(2, 4, 6)
    full = torch.tensor([4, 4])
    given = read_out(features, None, how)  # type: ignore[arg-type]
    torch.testing.assert_close(given, read_out(features, full, how))  # type: ignore[arg-type]


def test_last_of_two_directions_is_where_each_ends() -> None:
    features = torch.arange(2 * 3 * 4.0).reshape(2, 3, 4)
    result = read_out(features, torch.tensor([3, 2]), "last", causal=False)
    assert result.tolist() == [[8, 9, 2, 3], [16, 17, 14, 15]]
