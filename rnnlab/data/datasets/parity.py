"""Parity of a sequence of bits."""

from __future__ import annotations

from typing import Annotated, Literal

import torch

from rnnlab.data.dataset import Dataset, Part
from rnnlab.data.generation import PARTS, part_generator, splits_sha256
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.split import Split, TensorSplit
from rnnlab.data.vocabulary import Vocabulary
from rnnlab.errors import check_choice
from rnnlab.ranges import Range


class Parity(Dataset):
    """Whether the number of ones so far is odd.

    One bit of memory is enough, and nothing less helps: knowing all bits but one is knowing
    nothing. Without a memory, only the first of T steps can be told better than by chance: the
    best accuracy is about ``1/2 + 1/(2T)``.

    Args:
        steps: T, the length of a sequence of independent fair bits.
        target: ``running``: the parity so far, at every step (synced_many_to_many); ``last``: the
            parity of the whole sequence (many_to_one).
        train_size: Sequences to train on.
        val_size: Sequences to validate on.
        test_size: Sequences to test on.
        split_seed: Decides what is generated for each part.

    Raises:
        ConfigError: There is no such ``target``.
    """

    def __init__(
        self,
        steps: Annotated[int, Range(min=1)] = 32,
        target: Literal["running", "last"] = "running",
        train_size: Annotated[int, Range(min=1)] = 10_000,
        val_size: Annotated[int, Range(min=1)] = 1_000,
        test_size: Annotated[int, Range(min=1)] = 2_000,
        split_seed: int = 0,
    ) -> None:
        check_choice("dataset.target", target, ("running", "last"))
        sizes = dict(zip(PARTS, (train_size, val_size, test_size), strict=True))
        self._steps, self._running = steps, target == "running"
        self.baselines = ("memoryless",) if self._running else ("majority",)
        self._splits: dict[Part, TensorSplit] = {}
        for part in PARTS:
            generator = part_generator(split_seed, part)
            bits = torch.randint(0, 2, (sizes[part], steps), generator=generator)
            parity = bits.cumsum(1) % 2
            self._splits[part] = TensorSplit(bits, parity if self._running else parity[:, -1])

    @property
    def spec(self) -> DataSpec:
        """Bits in, ``even`` or ``odd`` out."""
        return DataSpec(
            input=Field(
                "tokens",
                2,
                sequence=True,
                vocabulary=Vocabulary(("0", "1")),
                tokenizer="characters",
                name="bits",
                max_length=self._steps,
            ),
            target=Field(
                "tokens",
                2,
                sequence=self._running,
                vocabulary=Vocabulary(("even", "odd")),
                tokenizer="spaces" if self._running else None,
                name="parity",
                max_length=self._steps if self._running else None,
            ),
            aligned=self._running,
        )

    def split(self, part: Part) -> Split:
        """Return bits ``(N, T)`` and parities ``(N, T)`` or ``(N,)``."""
        return self._splits[part]

    def sha256(self) -> str:
        """Return the hash of all generated sequences."""
        return splits_sha256(self._splits)
