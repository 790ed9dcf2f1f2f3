from __future__ import annotations

import pytest
import torch

from rnnlab.data.batch import Batch
from rnnlab.tasks.steps import target_lengths, target_of, valid_rows


def test_aligned_targets_have_the_lengths_of_the_input() -> None:
    x, lengths, others = torch.zeros(2, 3, 1), torch.tensor([3, 1]), torch.tensor([2, 2])
    assert target_lengths(Batch(x, lengths=lengths), aligned=True) is lengths
    assert target_lengths(Batch(x, lengths=lengths), aligned=False) is None
    both = Batch(x, lengths=lengths, target_lengths=others)
    assert target_lengths(both, aligned=True) is target_lengths(both, aligned=False) is others


def test_valid_rows_leave_the_padding_out() -> None:
    values = torch.arange(6).reshape(2, 3)
    assert valid_rows(values, torch.tensor([1, 3]), stepwise=True).tolist() == [0, 3, 4, 5]
    assert valid_rows(values, None, stepwise=True).tolist() == list(range(6))
    assert valid_rows(values, torch.tensor([1, 3]), stepwise=False) is values


def test_target_must_be_there() -> None:
    with pytest.raises(ValueError, match="targets"):
        target_of(Batch(torch.zeros(1, 1)))
