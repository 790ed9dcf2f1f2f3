"""Handwritten digits read row by row, each with its class."""

from __future__ import annotations

from typing import Annotated

from rnnlab.data.content import content_sha256
from rnnlab.data.dataset import Dataset, Part
from rnnlab.data.digits import divide_digits, load_digits
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.split import TensorSplit
from rnnlab.data.vocabulary import Vocabulary
from rnnlab.ranges import Range


class DigitsRows(Dataset):
    """The 1,797 handwritten digits of scikit-learn, read from top to bottom.

    Each is a sequence of 8 rows of 8 reals in [0, 1]; the target is one of the ten classes. The
    parts hold the same digits as those of ``digits_image`` with the same arguments.

    Args:
        val_fraction: Share of the digits in the validation part.
        test_fraction: Share of the digits in the test part.
        split_seed: Decides which digit is in which part.
    """

    baselines = ("majority", "logistic_regression")

    def __init__(
        self,
        val_fraction: Annotated[float, Range(min=0, below=1)] = 0.1,
        test_fraction: Annotated[float, Range(min=0, below=1)] = 0.2,
        split_seed: int = 0,
    ) -> None:
        digits = load_digits()
        self._sha256 = content_sha256(digits.images, digits.labels)
        parts = divide_digits(
            digits, val_fraction=val_fraction, test_fraction=test_fraction, split_seed=split_seed
        )
        self._splits = {
            part: TensorSplit(chosen.images, chosen.labels) for part, chosen in parts.items()
        }

    @property
    def spec(self) -> DataSpec:
        """Eight rows of eight reals in, one of ten digits out."""
        return DataSpec(
            input=Field("reals", 8, sequence=True, name="rows", max_length=8),
            target=Field(
                "tokens",
                10,
                sequence=False,
                vocabulary=Vocabulary(tuple("0123456789")),
                name="digit",
            ),
        )

    def split(self, part: Part) -> TensorSplit:
        """Return rows ``(N, 8, 8)`` (example, row, pixel) and classes ``(N,)``."""
        return self._splits[part]

    def sha256(self) -> str:
        """Return the hash of all images and classes."""
        return self._sha256
