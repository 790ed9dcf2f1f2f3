"""Pairs of texts that are read while training, never all at once."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import torch

from rnnlab.data.batch import Batch
from rnnlab.data.dataset import Part
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.tokenizer import TokenizerName, tokenize
from rnnlab.data.vocabulary import END
from rnnlab.errors import DataError

Pair = tuple[str, str]
Item = TypeVar("Item")


@dataclass(frozen=True)
class DrawnPairs:
    """The pairs that belong to a part, by a draw for each of them.

    Args:
        pairs: All pairs, in the same order whenever they are read.
        part: The part wanted.
        val_fraction: Share of the validation part.
        test_fraction: Share of the test part.
        split_seed: Decides the draws.
    """

    pairs: Iterable[Pair]
    part: Part
    val_fraction: float
    test_fraction: float
    split_seed: int

    def __iter__(self) -> Iterator[Pair]:
        generator = random.Random(self.split_seed)
        for pair in self.pairs:
            draw = generator.random()
            if draw < self.test_fraction:
                part: Part = "test"
            else:
                part = "val" if draw < self.test_fraction + self.val_fraction else "train"
            if part == self.part:
                yield pair


@dataclass(frozen=True)
class ShortPairs:
    """The pairs of which neither side is too long.

    Args:
        pairs: Texts that can be read again and again.
        tokenizer: How each side is cut.
        max_length: Greatest number of tokens.
    """

    pairs: Iterable[Pair]
    tokenizer: TokenizerName
    max_length: int

    def __iter__(self) -> Iterator[Pair]:
        for pair in self.pairs:
            if max(len(tokenize(side, self.tokenizer)) for side in pair) <= self.max_length:
                yield pair


@dataclass(frozen=True)
class StreamedTexts:
    """Gives the examples of an epoch: see :class:`rnnlab.data.split.ExampleSplit`.

    Args:
        pairs: A text, and its class or the text to be made of it.
        spec: Vocabularies and tokenizers; a text is cut to the ``max_length`` of the input.
        buffer: How many pairs are held to draw the next one from; 1 keeps the order.
    """

    pairs: Iterable[Pair]
    spec: DataSpec
    buffer: int

    def __call__(self, epoch: int) -> Iterator[Batch]:
        """Give batches of one example, in an order that depends on the epoch."""
        for first, second in mixed(self.pairs, self.buffer, random.Random(epoch)):
            yield self._example(first, second)

    def _example(self, first: str, second: str) -> Batch:
        ids = torch.tensor([_ids(self.spec.input, first)[: self.spec.input.max_length]])
        lengths = torch.tensor([ids.shape[1]])
        target = self.spec.target
        if target.sequence:
            made = torch.tensor([_ids(target, second)])
            return Batch(ids, made, lengths, torch.tensor([made.shape[1]]))
        names = {} if target.vocabulary is None else target.vocabulary.ids
        if second not in names:
            raise DataError(
                f"the class {second!r} was not among the rows read ahead; see dataset.rows_ahead",
                key="dataset.label",
                value=target.name,
            )
        return Batch(ids, torch.tensor([names[second]]), lengths)


def _ids(field: Field, text: str) -> list[int]:
    if field.vocabulary is None or field.tokenizer is None:
        raise ValueError(f"{field.name} has no vocabulary or no tokenizer")
    end = [] if field.vocabulary.end is None else [END]
    return field.vocabulary.encode([*tokenize(text, field.tokenizer), *end])


def mixed(items: Iterable[Item], buffer: int, generator: random.Random) -> Iterator[Item]:
    """Give all items, each drawn from the next ``buffer`` ones."""
    held: list[Item] = []
    for item in items:
        if len(held) < buffer:
            held.append(item)
            continue
        place = generator.randrange(buffer)
        chosen, held[place] = held[place], item
        yield chosen
    while held:
        yield held.pop(generator.randrange(len(held)) if buffer > 1 else 0)
