"""Videos in which handwritten digits appear, move, are hidden for a while, and vanish."""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Tensor

from rnnlab.data.dataset import Dataset, Part
from rnnlab.data.digits import Digits, divide_digits, load_digits
from rnnlab.data.generation import part_generator, splits_sha256
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.split import TensorSplit
from rnnlab.data.vocabulary import Vocabulary
from rnnlab.ranges import Range

NONE = 0
LABELS = ("none", *"0123456789")
HEIGHT, WIDTH = 10, 16
_LAST_ROW, _LAST_COLUMN = HEIGHT - 8, WIDTH - 8  # where the upper left corner of a digit can be
_LONGEST_GAP = 4
_LATEST_START = 3
_BAR = 2


class DigitsVideo(Dataset):
    """Frames (1, 10, 16), each labelled with the digit that is in the scene, or ``none``.

    At most one digit is in the scene. It appears near the left or the right edge, wholly visible,
    moves one pixel a frame towards the other edge (and up, down or straight on, turning back at
    the upper and lower edge), and is gone with the step that would take it over that other edge,
    after 6 to 9 frames. The scene is then empty for 1 to 4 frames. While a digit is in the scene,
    each frame after its first is a drop-out with probability ``hidden``: it shows noise only, just
    as an empty scene does, yet its label is still the digit. In the other frames a bar of two
    rows, at a random height, covers part of the digit. All pixels have noise.

    A classifier of single frames cannot tell a drop-out from an empty scene: if it never mistook
    a visible digit, it would still be right in 69 % of the frames only. What was seen before tells
    which digit it was and, from where it appeared, whether it has left.

    scikit-learn's digits are divided into parts first, so that no digit of a test video occurs in
    a training video.

    Args:
        frames: T, frames of each video.
        hidden: Probability of a drop-out, for frames after a digit's first.
        noise: Uniform noise between 0 and this is added; the sum is cut at 1.
        train_size: Videos in the training part.
        val_size: Videos in the validation part.
        test_size: Videos in the test part.
        split_seed: Decides which digit is in which part, and how videos are made of them.
    """

    baselines = ("majority", "logistic_regression_per_step")

    def __init__(
        self,
        frames: Annotated[int, Range(min=1)] = 20,
        hidden: Annotated[float, Range(min=0, max=1)] = 0.5,
        noise: Annotated[float, Range(min=0, max=1)] = 0.1,
        train_size: Annotated[int, Range(min=1)] = 3000,
        val_size: Annotated[int, Range(min=0)] = 200,
        test_size: Annotated[int, Range(min=0)] = 400,
        split_seed: int = 0,
    ) -> None:
        self.frames = frames
        digits = divide_digits(
            load_digits(), val_fraction=0.1, test_fraction=0.2, split_seed=split_seed
        )
        sizes: dict[Part, int] = {"train": train_size, "val": val_size, "test": test_size}
        self._splits: dict[Part, TensorSplit] = {}
        for part, size in sizes.items():
            generator = part_generator(split_seed, part)
            clean = torch.zeros(size, frames, HEIGHT, WIDTH)
            labels = torch.full((size, frames), NONE)
            for video in range(size):
                _film(digits[part], hidden, generator, clean[video], labels[video])
            noisy = clean + noise * torch.rand(clean.shape, generator=generator)
            self._splits[part] = TensorSplit(noisy.clamp(max=1)[:, :, None], labels)

    @property
    def spec(self) -> DataSpec:
        """A frame in, a label out, at every step."""
        return DataSpec(
            input=Field(
                "image",
                HEIGHT * WIDTH,
                sequence=True,
                shape=(1, HEIGHT, WIDTH),
                name="frames",
                max_length=self.frames,
            ),
            target=Field(
                "tokens",
                len(LABELS),
                sequence=True,
                vocabulary=Vocabulary(LABELS),
                tokenizer="spaces",
                name="labels",
                max_length=self.frames,
            ),
            aligned=True,
        )

    def split(self, part: Part) -> TensorSplit:
        """Return frames ``(N, T, 1, 10, 16)`` in [0, 1] and labels ``(N, T)``."""
        return self._splits[part]

    def sha256(self) -> str:
        """Return the hash of all frames and labels."""
        return splits_sha256(self._splits)


def _film(
    digits: Digits, hidden: float, generator: torch.Generator, frames: Tensor, labels: Tensor
) -> None:
    """Draw digits into empty ``frames`` ``(T, 10, 16)`` and write their ``labels`` ``(T,)``."""

    def draw(first: int, last: int) -> int:
        return int(torch.randint(first, last + 1, (), generator=generator))

    t = draw(0, _LONGEST_GAP)
    while t < len(frames):
        digit = draw(0, len(digits.labels) - 1)
        image, label = digits.images[digit], digits.labels[digit] + 1
        rightwards, start = draw(0, 1), draw(0, _LATEST_START)
        row, drift = draw(0, _LAST_ROW), draw(-1, 1)
        for step in range(min(_LAST_COLUMN + 1 - start, len(frames) - t)):
            column = start + step if rightwards else _LAST_COLUMN - start - step
            if step == 0:
                _paste(image, frames[t], row, column)
            elif float(torch.rand((), generator=generator)) >= hidden:
                _paste(image, frames[t], row, column)
                bar = row + draw(0, 8 - _BAR)
                frames[t, bar : bar + _BAR] = 0
            labels[t] = label
            drift = drift if 0 <= row + drift <= _LAST_ROW else -drift
            row += drift
            t += 1
        t += draw(1, _LONGEST_GAP)


def _paste(image: Tensor, frame: Tensor, row: int, column: int) -> None:
    frame[row : row + 8, column : column + 8] = image
