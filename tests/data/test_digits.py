import numpy as np
import torch
from sklearn import datasets

from rnnlab.data.digits import divide_digits, load_digits


def test_they_equal_the_digits_of_scikit_learn() -> None:
    digits, source = load_digits(), datasets.load_digits()
    np.testing.assert_array_equal(digits.images.numpy() * 16, source.images)
    np.testing.assert_array_equal(digits.labels.numpy(), source.target)
    assert digits.images.dtype == torch.float32
    assert digits.labels.dtype == torch.int64
    assert (float(digits.images.min()), float(digits.images.max())) == (0.0, 1.0)


def test_parts_hold_each_digit_once() -> None:
    digits = load_digits()
    parts = divide_digits(digits, val_fraction=0.1, test_fraction=0.2, split_seed=5)
    assert sum(len(part.labels) for part in parts.values()) == 1797

    def rows(images: torch.Tensor) -> list[bytes]:
        return [image.numpy().tobytes() for image in images]

    divided = [row for part in parts.values() for row in rows(part.images)]
    assert sorted(divided) == sorted(rows(digits.images))
