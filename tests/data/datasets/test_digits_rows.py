from typing import Any, get_args

import pytest
import torch

from rnnlab.data.dataset import Part
from rnnlab.data.datasets import digits_rows
from rnnlab.data.datasets.digits_image import DigitsImage
from rnnlab.data.datasets.digits_rows import DigitsRows
from rnnlab.data.digits import Digits, load_digits
from rnnlab.testing import DatasetContract

PARTS = get_args(Part)


@pytest.mark.parametrize("split_seed", [0, 6])
def test_step_t_is_row_t_of_the_same_image(split_seed: int) -> None:
    rows, images = DigitsRows(split_seed=split_seed), DigitsImage(split_seed=split_seed)
    for part in PARTS:
        assert torch.equal(rows.split(part).target, images.split(part).target)
        for t in range(8):
            assert torch.equal(rows.split(part).input[:, t], images.split(part).input[:, 0, t])


def test_all_steps_are_valid_reals() -> None:
    split = DigitsRows().split("test")
    assert split.lengths is None
    assert split.target_lengths is None
    assert split.input.dtype == torch.float32
    assert split.target.dtype == torch.int64


def test_the_hash_follows_the_content(monkeypatch: pytest.MonkeyPatch) -> None:
    before = DigitsRows().sha256()
    digits = load_digits()
    monkeypatch.setattr(
        digits_rows, "load_digits", lambda: Digits(digits.images, digits.labels.flip(0))
    )
    assert DigitsRows().sha256() != before


def test_the_spec_says_what_is_there() -> None:
    spec = DigitsRows().spec
    assert (spec.input.kind, spec.input.size, spec.input.max_length) == ("reals", 8, 8)
    assert spec.input.sequence
    assert not spec.target.sequence
    assert (spec.target.kind, spec.target.size) == ("tokens", 10)


class TestDigitsRows(DatasetContract):
    reads = True

    def make_dataset(self, **arguments: Any) -> DigitsRows:
        return DigitsRows(**arguments)
