"""The adding problem."""

from __future__ import annotations

from typing import Annotated

import torch

from rnnlab.data.dataset import Dataset, Part
from rnnlab.data.generation import PARTS, part_generator, splits_sha256
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.split import Split, TensorSplit
from rnnlab.ranges import Range


class Adding(Dataset):
    """Add the two marked numbers of a long sequence.

    Each step holds a number, uniform in [0, 1], and a marker, which is 1 at one step of the first
    half and one of the second half and 0 elsewhere. The target is the sum of the two marked
    numbers. Whoever always answers 1 has a squared error of 1/6 = 0.167, the variance of the sum.

    Hochreiter and Schmidhuber, Long short-term memory, Neural Computation 9 (1997), in the form of
    Le, Jaitly and Hinton, arXiv:1504.00941 (2015).

    Args:
        steps: T, the length of a sequence.
        train_size: Sequences to train on.
        val_size: Sequences to validate on.
        test_size: Sequences to test on.
        split_seed: Decides what is generated for each part.
    """

    baselines = ("mean",)

    def __init__(
        self,
        steps: Annotated[int, Range(min=2)] = 100,
        train_size: Annotated[int, Range(min=1)] = 100_000,
        val_size: Annotated[int, Range(min=1)] = 2_000,
        test_size: Annotated[int, Range(min=1)] = 10_000,
        split_seed: int = 0,
    ) -> None:
        sizes = dict(zip(PARTS, (train_size, val_size, test_size), strict=True))
        self._splits = {
            part: _generate(sizes[part], steps, part_generator(split_seed, part)) for part in PARTS
        }

    @property
    def spec(self) -> DataSpec:
        """Two reals at each step in, one real out."""
        return DataSpec(
            input=Field("reals", 2, sequence=True, name="values"),
            target=Field("reals", 1, sequence=False, name="sum"),
        )

    def split(self, part: Part) -> Split:
        """Return input ``(N, T, 2)``, number and marker, and target ``(N, 1)``."""
        return self._splits[part]

    def sha256(self) -> str:
        """Return the hash of all generated sequences."""
        return splits_sha256(self._splits)


def _generate(size: int, steps: int, generator: torch.Generator) -> TensorSplit:
    numbers = torch.rand(size, steps, generator=generator)
    half = steps // 2
    marked = torch.stack(
        [
            torch.randint(0, half, (size,), generator=generator),
            torch.randint(half, steps, (size,), generator=generator),
        ],
        dim=1,
    )  # (N, 2)
    markers = torch.zeros(size, steps).scatter_(1, marked, 1.0)
    target = numbers.gather(1, marked).sum(1, keepdim=True)
    return TensorSplit(torch.stack([numbers, markers], dim=2), target)
