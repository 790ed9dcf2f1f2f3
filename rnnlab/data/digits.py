"""The handwritten digits of scikit-learn, divided into parts: what four datasets are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from rnnlab.data.dataset import Part
from rnnlab.data.package_files import package_file
from rnnlab.data.partition import partition


@dataclass(frozen=True)
class Digits:
    """Handwritten digits.

    Args:
        images: ``(N, 8, 8)`` float32 in [0, 1]; 1 is ink.
        labels: ``(N,)`` int64, 0 to 9.
    """

    images: Tensor
    labels: Tensor


def load_digits() -> Digits:
    """Return all 1,797 digits, in the order of scikit-learn.

    They are the test set of Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits", UCI
    Machine Learning Repository, 1998; their ink of 0 to 16 is divided by 16.
    """
    # Importing scikit-learn takes longer than all that a small run does before its first step.
    file = package_file("sklearn", "datasets/data/digits.csv.gz", wanted_by="digits")
    rows = torch.from_numpy(np.loadtxt(file, delimiter=","))
    images = rows[:, :-1].float().reshape(-1, 8, 8) / 16
    return Digits(images, rows[:, -1].long())


def divide_digits(
    digits: Digits, *, val_fraction: float, test_fraction: float, split_seed: int
) -> dict[Part, Digits]:
    """Return the digits of each part, every class in the same proportions.

    Raises:
        ConfigError: See :func:`rnnlab.data.partition.partition`.
    """
    positions = partition(
        digits.labels.tolist(),
        val_fraction=val_fraction,
        test_fraction=test_fraction,
        split_seed=split_seed,
    )
    return {
        part: Digits(digits.images[index], digits.labels[index])
        for part, index in positions.items()
    }
