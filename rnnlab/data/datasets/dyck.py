"""Well-nested brackets of several kinds."""

from __future__ import annotations

from typing import Annotated

import torch

from rnnlab.data.dataset import Dataset, Part
from rnnlab.data.generation import PARTS, part_generator, splits_sha256
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.split import Split, TensorSplit
from rnnlab.data.vocabulary import Vocabulary
from rnnlab.errors import ConfigError
from rnnlab.ranges import Range


class Dyck(Dataset):
    """Which bracket may be closed now: the language Dyck-k of bounded depth.

    The input is a well-nested word of k kinds of brackets. The target at each step is the closing
    bracket of the innermost bracket that is open after it, or ``none`` when all are closed. Unlike
    the next symbol, it follows from what was read, so an accuracy of 1 and a loss of 0 can be
    reached; it takes a stack of ``max_depth``.

    Without a memory the answer is certain after an opening bracket. After a closing one the kind
    of the bracket around it is uniform, whatever was closed: the best loss at such a step is
    ``H(p) + (1 - p) ln k``, with p the chance that nothing is left open and H its entropy in nats.

    Words have an even length, uniform between the bounds. At each step a bracket is opened or
    closed with equal chance where both are possible, and the kind opened is uniform. Bounded
    depth: Hewitt et al., arXiv:2010.07515 (2020). There are few short words, so that some of them
    come up in several parts.

    Args:
        kinds: k, the kinds of brackets.
        max_depth: The most brackets that are open at once.
        min_length: Least length of a word.
        max_length: Greatest length of a word.
        train_size: Words to train on.
        val_size: Words to validate on.
        test_size: Words to test on.
        split_seed: Decides what is generated for each part.

    Raises:
        ConfigError: No even length lies between the bounds.
    """

    baselines = ("memoryless",)

    def __init__(
        self,
        kinds: Annotated[int, Range(min=1)] = 2,
        max_depth: Annotated[int, Range(min=1)] = 5,
        min_length: Annotated[int, Range(min=1)] = 4,
        max_length: Annotated[int, Range(min=2)] = 40,
        train_size: Annotated[int, Range(min=1)] = 10_000,
        val_size: Annotated[int, Range(min=1)] = 1_000,
        test_size: Annotated[int, Range(min=1)] = 2_000,
        split_seed: int = 0,
    ) -> None:
        pairs = (min_length + 1) // 2, max_length // 2
        if pairs[0] > pairs[1]:
            raise ConfigError(
                f"no even length lies between min_length={min_length} and it",
                key="dataset.max_length",
                value=max_length,
            )
        sizes = dict(zip(PARTS, (train_size, val_size, test_size), strict=True))
        self._kinds, self._longest = kinds, 2 * pairs[1]
        self._splits = {
            part: _generate(
                sizes[part], kinds, max_depth, pairs, generator=part_generator(split_seed, part)
            )
            for part in PARTS
        }

    @property
    def spec(self) -> DataSpec:
        """Brackets ``(1 (2 … )1 )2 …`` in; ``none )1 )2 …`` out, at every step."""
        opening = tuple(f"({kind}" for kind in range(1, self._kinds + 1))
        closing = tuple(f"){kind}" for kind in range(1, self._kinds + 1))
        return DataSpec(
            input=self._field((*opening, *closing), "brackets"),
            target=self._field(("none", *closing), "closes"),
            aligned=True,
        )

    def split(self, part: Part) -> Split:
        """Return input and target, both ``(N, T)`` tokens, and the lengths of the words."""
        return self._splits[part]

    def sha256(self) -> str:
        """Return the hash of all generated words."""
        return splits_sha256(self._splits)

    def _field(self, names: tuple[str, ...], name: str) -> Field:
        return Field(
            "tokens",
            len(names),
            sequence=True,
            vocabulary=Vocabulary(names),
            tokenizer="spaces",
            name=name,
            max_length=self._longest,
        )


def _generate(
    size: int, kinds: int, max_depth: int, pairs: tuple[int, int], *, generator: torch.Generator
) -> TensorSplit:
    lengths = 2 * torch.randint(pairs[0], pairs[1] + 1, (size,), generator=generator)
    steps = 2 * pairs[1]
    coins = torch.rand(size, steps, generator=generator) < 0.5
    kind = torch.randint(0, kinds, (size, steps), generator=generator)
    inputs = torch.zeros(size, steps, dtype=torch.int64)
    targets = torch.zeros(size, steps, dtype=torch.int64)
    stack = torch.zeros(size, max_depth + 1, dtype=torch.int64)  # 0 at the bottom: nothing open
    depth = torch.zeros(size, 1, dtype=torch.int64)
    for t in range(steps):
        valid = (t < lengths)[:, None]
        top = stack.gather(1, depth)
        room = (depth < max_depth) & (depth < lengths[:, None] - t)
        opens = valid & room & ((depth == 0) | coins[:, t : t + 1])
        closes = valid & ~opens
        depth = depth + opens.long() - closes.long()
        opened = kind[:, t : t + 1]
        stack.scatter_(1, depth, torch.where(opens, opened + 1, stack.gather(1, depth)))
        symbol = torch.where(opens, opened, kinds + top - 1)
        inputs[:, t : t + 1] = torch.where(valid, symbol, 0)
        targets[:, t : t + 1] = torch.where(valid, stack.gather(1, depth), 0)
    return TensorSplit(inputs, targets, lengths)
