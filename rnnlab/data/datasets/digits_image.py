"""Images of handwritten digits, each with its class."""

from __future__ import annotations

from typing import Annotated

from rnnlab.data.content import content_sha256
from rnnlab.data.dataset import Dataset, Part
from rnnlab.data.digits import divide_digits, load_digits
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.split import TensorSplit
from rnnlab.data.vocabulary import Vocabulary
from rnnlab.ranges import Range


class DigitsImage(Dataset):
    """The 1,797 handwritten digits of scikit-learn as images (1, 8, 8) in [0, 1].

    The target is one of the ten classes. Each class is divided in the same proportions.

    Args:
        val_fraction: Share of the images in the validation part.
        test_fraction: Share of the images in the test part.
        split_seed: Decides which image is in which part.
    """

    baselines = ("majority",)

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
            part: TensorSplit(chosen.images[:, None], chosen.labels)
            for part, chosen in parts.items()
        }

    @property
    def spec(self) -> DataSpec:
        """One image in, one of ten digits out."""
        return DataSpec(
            input=Field("image", 64, sequence=False, shape=(1, 8, 8), name="image"),
            target=Field(
                "tokens",
                10,
                sequence=False,
                vocabulary=Vocabulary(tuple("0123456789")),
                name="digit",
            ),
        )

    def split(self, part: Part) -> TensorSplit:
        """Return images ``(N, 1, 8, 8)`` and classes ``(N,)``."""
        return self._splits[part]

    def sha256(self) -> str:
        """Return the hash of all images and classes."""
        return self._sha256
