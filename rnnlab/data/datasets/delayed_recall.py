"""The delayed recall problem."""

from __future__ import annotations

from typing import Annotated

import torch

from rnnlab.data.batch import UNCOUNTED
from rnnlab.data.dataset import Dataset, Part
from rnnlab.data.generation import PARTS, part_generator, splits_sha256
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.split import Split, TensorSplit
from rnnlab.data.vocabulary import Vocabulary
from rnnlab.ranges import Range

RECALL = "<recall>"


class DelayedRecall(Dataset):
    """Name the first symbol of a sequence when its last step asks for it.

    The input is one symbol, ``steps - 2`` distractors drawn at random, and the signal
    ``<recall>``. At the last step the target is the symbol; no other step is counted, by loss or
    score, so that what is learned comes from ``steps - 1`` steps back and from nowhere else.
    Chunks of truncated backpropagation carry the state past their end and the gradient not.

    Each symbol is as frequent as any other in each part, up to one. Without a memory any answer
    is right once in ``symbols``: the accuracy is ``1 / symbols`` and the cross-entropy
    ``ln symbols``, exactly so where ``symbols`` divides the size of the part.

    The latching problem of Bengio, Simard and Frasconi, IEEE Transactions on Neural Networks 5
    (1994), with symbols; compare Hochreiter and Schmidhuber, Neural Computation 9 (1997), 5.2.

    Args:
        steps: T, the length of a sequence; the symbol lies T - 1 steps before the answer.
        symbols: How many different symbols there are.
        distractors: How many different distractors; with a single one there would be no more
            sequences than symbols.
        train_size: Sequences to train on.
        val_size: Sequences to validate on.
        test_size: Sequences to test on.
        split_seed: Decides what is generated for each part.
    """

    baselines = ("majority",)

    def __init__(
        self,
        steps: Annotated[int, Range(min=3)] = 50,
        symbols: Annotated[int, Range(min=2)] = 8,
        distractors: Annotated[int, Range(min=2)] = 8,
        train_size: Annotated[int, Range(min=1)] = 8_000,
        val_size: Annotated[int, Range(min=1)] = 400,
        test_size: Annotated[int, Range(min=1)] = 2_000,
        split_seed: int = 0,
    ) -> None:
        sizes = dict(zip(PARTS, (train_size, val_size, test_size), strict=True))
        self._steps, self._symbols, self._distractors = steps, symbols, distractors
        self._splits = {
            part: _generate(
                sizes[part], steps, symbols, distractors, part_generator(split_seed, part)
            )
            for part in PARTS
        }

    @property
    def spec(self) -> DataSpec:
        """Symbols, distractors and signal in; at the last step a symbol out."""
        symbols = tuple(str(number) for number in range(1, self._symbols + 1))
        distractors = tuple(f"d{number}" for number in range(1, self._distractors + 1))
        return DataSpec(
            input=_field((*symbols, *distractors, RECALL), self._steps, "symbols"),
            target=_field(symbols, self._steps, "recalled"),
            aligned=True,
        )

    def split(self, part: Part) -> Split:
        """Return input and target, both ``(N, T)`` tokens."""
        return self._splits[part]

    def sha256(self) -> str:
        """Return the hash of all generated sequences."""
        return splits_sha256(self._splits)


def _field(names: tuple[str, ...], steps: int, name: str) -> Field:
    return Field(
        "tokens",
        len(names),
        sequence=True,
        vocabulary=Vocabulary(names),
        tokenizer="spaces",
        name=name,
        max_length=steps,
    )


def _generate(
    size: int, steps: int, symbols: int, distractors: int, generator: torch.Generator
) -> TensorSplit:
    first = torch.randperm(size, generator=generator) % symbols  # each as often as any other
    inputs = torch.randint(symbols, symbols + distractors, (size, steps), generator=generator)
    inputs[:, 0] = first
    inputs[:, -1] = symbols + distractors
    targets = torch.full_like(inputs, UNCOUNTED)
    targets[:, -1] = first
    return TensorSplit(inputs, targets)
