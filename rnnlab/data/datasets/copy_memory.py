"""The copy memory problem."""

from __future__ import annotations

from typing import Annotated

import torch

from rnnlab.data.dataset import Dataset, Part
from rnnlab.data.generation import PARTS, part_generator, splits_sha256
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.split import Split, TensorSplit
from rnnlab.data.vocabulary import Vocabulary
from rnnlab.ranges import Range

BLANK, RECALL = "<blank>", "<recall>"


class CopyMemory(Dataset):
    """Repeat ten symbols after a long delay.

    The input is ten random symbols, ``delay - 1`` blanks, the signal ``<recall>`` and ten blanks.
    The target is ``delay + 10`` blanks and then the ten symbols: T = ``delay + 20`` steps in all.
    Without a memory the best answer is blank, and at the last ten steps any of the eight symbols
    alike: its cross-entropy is ``10 ln 8 / (delay + 20)`` a step.

    Hochreiter and Schmidhuber, Long short-term memory, Neural Computation 9 (1997), in the form of
    Arjovsky, Shah and Bengio, arXiv:1511.06464 (2016).

    Args:
        delay: Steps between a symbol and its repetition, less ten.
        copied: How many symbols are repeated; ten in the literature.
        symbols: How many different symbols there are; eight in the literature.
        train_size: Sequences to train on.
        val_size: Sequences to validate on.
        test_size: Sequences to test on.
        split_seed: Decides what is generated for each part.
    """

    baselines = ("blank_then_uniform",)

    def __init__(
        self,
        delay: Annotated[int, Range(min=1)] = 100,
        copied: Annotated[int, Range(min=1)] = 10,
        symbols: Annotated[int, Range(min=2)] = 8,
        train_size: Annotated[int, Range(min=1)] = 20_000,
        val_size: Annotated[int, Range(min=1)] = 1_000,
        test_size: Annotated[int, Range(min=1)] = 2_000,
        split_seed: int = 0,
    ) -> None:
        sizes = dict(zip(PARTS, (train_size, val_size, test_size), strict=True))
        self._symbols, self._steps = symbols, delay + 2 * copied
        self._splits = {
            part: _generate(
                sizes[part], delay, copied, symbols, generator=part_generator(split_seed, part)
            )
            for part in PARTS
        }

    @property
    def spec(self) -> DataSpec:
        """Symbols, blank and signal in; symbols and blank out, at every step."""
        names = (*(str(number) for number in range(1, self._symbols + 1)), BLANK)
        return DataSpec(
            input=_field((*names, RECALL), self._steps, "symbols"),
            target=_field(names, self._steps, "recalled"),
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
    size: int, delay: int, copied: int, symbols: int, *, generator: torch.Generator
) -> TensorSplit:
    blank, recall = symbols, symbols + 1
    data = torch.randint(0, symbols, (size, copied), generator=generator)
    inputs = torch.full((size, delay + 2 * copied), blank)
    inputs[:, :copied] = data
    inputs[:, copied + delay - 1] = recall
    targets = torch.full_like(inputs, blank)
    targets[:, -copied:] = data
    return TensorSplit(inputs, targets)
