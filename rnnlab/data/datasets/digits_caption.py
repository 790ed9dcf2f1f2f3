"""Pictures of several handwritten digits, each with a caption that names them."""

from __future__ import annotations

from typing import Annotated

import torch

from rnnlab.data.dataset import Dataset, Part
from rnnlab.data.digits import Digits, divide_digits, load_digits
from rnnlab.data.generation import part_generator, splits_sha256
from rnnlab.data.padding import pad
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.split import TensorSplit
from rnnlab.data.vocabulary import BEGIN, END, PAD, Vocabulary
from rnnlab.ranges import Range

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


class DigitsCaption(Dataset):
    """One to ``max_digits`` real digits side by side; the target names them: "three one four".

    The canvas (1, 8, 8 ``max_digits``) is filled from the left, the rest is blank. Each number of
    digits is equally likely. scikit-learn's digits are divided into parts first and pasted then,
    so that no digit of a test picture occurs in a training picture. A target ends in ``<eos>``.

    Args:
        max_digits: Greatest number of digits in a picture.
        train_size: Pictures in the training part.
        val_size: Pictures in the validation part.
        test_size: Pictures in the test part.
        split_seed: Decides which digit is in which part, and how pictures are made of them.
    """

    baselines = ("most_frequent_sequence",)

    def __init__(
        self,
        max_digits: Annotated[int, Range(min=1)] = 4,
        train_size: Annotated[int, Range(min=1)] = 6000,
        val_size: Annotated[int, Range(min=0)] = 500,
        test_size: Annotated[int, Range(min=0)] = 1000,
        split_seed: int = 0,
    ) -> None:
        self.max_digits = max_digits
        self._vocabulary = Vocabulary((PAD, BEGIN, END, *WORDS))
        digits = divide_digits(
            load_digits(), val_fraction=0.1, test_fraction=0.2, split_seed=split_seed
        )
        sizes: dict[Part, int] = {"train": train_size, "val": val_size, "test": test_size}
        self._splits = {
            part: self._paste(digits[part], size, part_generator(split_seed, part))
            for part, size in sizes.items()
        }

    def _paste(self, digits: Digits, size: int, generator: torch.Generator) -> TensorSplit:
        counts = torch.randint(1, self.max_digits + 1, (size,), generator=generator)
        shape = (size, self.max_digits)
        chosen = torch.randint(len(digits.labels), shape, generator=generator)
        shown = torch.arange(self.max_digits) < counts[:, None]
        pasted = digits.images[chosen] * shown[:, :, None, None]  # (N, digit, row, column)
        canvas = pasted.transpose(1, 2).reshape(size, 1, 8, 8 * self.max_digits)
        captions = [
            self._vocabulary.encode([*(WORDS[label] for label in labels[:count]), END])
            for labels, count in zip(digits.labels[chosen].tolist(), counts.tolist(), strict=True)
        ]
        target, target_lengths = pad(captions)
        return TensorSplit(canvas, target, target_lengths=target_lengths)

    @property
    def spec(self) -> DataSpec:
        """One wide image in, words out."""
        return DataSpec(
            input=Field(
                "image",
                64 * self.max_digits,
                sequence=False,
                shape=(1, 8, 8 * self.max_digits),
                name="image",
            ),
            target=Field(
                "tokens",
                len(self._vocabulary),
                sequence=True,
                vocabulary=self._vocabulary,
                tokenizer="spaces",
                name="caption",
                max_length=self.max_digits + 1,
            ),
        )

    def split(self, part: Part) -> TensorSplit:
        """Return images ``(N, 1, 8, 8 D)``, words and END ``(N, D + 1)``, and their lengths."""
        return self._splits[part]

    def sha256(self) -> str:
        """Return the hash of all pictures and captions."""
        return splits_sha256(self._splits)
