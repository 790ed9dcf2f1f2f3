"""The language a^n b^n, to be counted beyond the lengths trained on."""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Tensor

from rnnlab.data.dataset import Dataset, Part
from rnnlab.data.generation import part_generator, splits_sha256
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.split import Split, TensorSplit
from rnnlab.data.vocabulary import Vocabulary
from rnnlab.errors import ConfigError
from rnnlab.ranges import Range


class AnBn(Dataset):
    """What may come next in a word of n times ``a`` and then n times ``b``.

    At each ``a`` the target is ``a|b``, since either may follow; at each ``b`` it is ``b``, but
    ``end`` at the last one. So a network that counts can be right at every step (predicting all
    symbols that may follow is the task of Gers and Schmidhuber, LSTM recurrent networks learn
    simple context-free and context-sensitive languages, IEEE Trans. Neural Networks 12, 2001).

    Validation and test words are longer than all training words, each n once: the scores measure
    whether the counting goes on. Without a memory, the end is missed in every word: the best
    accuracy is one error in 2n steps.

    Args:
        train_n: Training words have n uniform in 1 to ``train_n``.
        val_n: Validation words have n from ``train_n + 1`` to ``val_n``.
        test_n: Test words have n from ``val_n + 1`` to ``test_n``.
        train_size: Words to train on.
        split_seed: Decides the training words.

    Raises:
        ConfigError: The three bounds do not increase.
    """

    baselines = ("memoryless",)

    def __init__(
        self,
        train_n: Annotated[int, Range(min=2)] = 20,
        val_n: Annotated[int, Range(min=3)] = 30,
        test_n: Annotated[int, Range(min=4)] = 40,
        train_size: Annotated[int, Range(min=1)] = 2_000,
        split_seed: int = 0,
    ) -> None:
        if not train_n < val_n < test_n:
            raise ConfigError(
                f"must be greater than val_n={val_n}, and that greater than train_n={train_n}",
                key="dataset.test_n",
                value=test_n,
            )
        generator = part_generator(split_seed, "train")
        self._longest = 2 * test_n
        self._splits: dict[Part, TensorSplit] = {
            "train": _words(torch.randint(1, train_n + 1, (train_size,), generator=generator)),
            "val": _words(torch.arange(train_n + 1, val_n + 1)),
            "test": _words(torch.arange(val_n + 1, test_n + 1)),
        }

    @property
    def spec(self) -> DataSpec:
        """``a`` and ``b`` in; ``a|b``, ``b`` and ``end`` out, at every step."""
        return DataSpec(
            input=self._field(("a", "b"), "word"),
            target=self._field(("a|b", "b", "end"), "next"),
            aligned=True,
        )

    def split(self, part: Part) -> Split:
        """Return input and target, both ``(N, T)`` tokens, and the lengths 2n of the words."""
        return self._splits[part]

    def sha256(self) -> str:
        """Return the hash of all words."""
        return splits_sha256(self._splits)

    def _field(self, names: tuple[str, ...], name: str) -> Field:
        return Field(
            "tokens",
            len(names),
            sequence=True,
            vocabulary=Vocabulary(names),
            tokenizer="characters" if name == "word" else "spaces",
            name=name,
            max_length=self._longest,
        )


def _words(n: Tensor) -> TensorSplit:
    lengths = 2 * n
    position = torch.arange(int(lengths.max()))[None, :]
    is_b = (position >= n[:, None]) & (position < lengths[:, None])
    last = position == lengths[:, None] - 1
    return TensorSplit(is_b.long(), is_b.long() + last.long(), lengths)
