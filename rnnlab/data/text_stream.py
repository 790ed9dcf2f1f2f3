"""One long text as a stream of tokens, each to be foretold from those before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from rnnlab.data.dataset import Part
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.split import StreamSplit
from rnnlab.data.tokenizer import TokenizerName
from rnnlab.data.vocabulary import UNKNOWN, Vocabulary
from rnnlab.data.windows import split_by_time
from rnnlab.errors import DataError


def encode_text_stream(
    tokens: Sequence[str],
    path: str,
    *,
    tokenizer: TokenizerName,
    min_count: int,
    vocabulary_size: int | None,
    val_fraction: float,
    test_fraction: float,
) -> tuple[DataSpec, dict[Part, StreamSplit]]:
    """Cut a text by position into a beginning, a middle and an end, and encode these.

    Args:
        tokens: The text in its order.
        path: The file it comes from, for messages.
        tokenizer: How it was cut.
        min_count: Tokens seen less often in the training part are unknown.
        vocabulary_size: Greatest size of the vocabulary, the most frequent tokens being kept.
        val_fraction: Share of the middle.
        test_fraction: Share of the end.

    Raises:
        ConfigError: The parts leave nothing to train on.
        DataError: A part is shorter than two tokens.
    """
    bounds = split_by_time(len(tokens), val_fraction, test_fraction)
    return encode_text_parts(
        {part: tokens[first:last] for part, (first, last) in bounds.items()},
        path,
        tokenizer=tokenizer,
        min_count=min_count,
        vocabulary_size=vocabulary_size,
    )


def encode_text_parts(
    tokens: Mapping[Part, Sequence[str]],
    path: str,
    *,
    tokenizer: TokenizerName,
    min_count: int,
    vocabulary_size: int | None,
    name: str = "text",
) -> tuple[DataSpec, dict[Part, StreamSplit]]:
    """Return what such data is, and its parts: inputs and targets ``(N,)``, one step apart.

    Args:
        tokens: The text of each part.
        path: The file it comes from, for messages.
        tokenizer: How it was cut.
        min_count: Tokens seen less often in the training part are unknown.
        vocabulary_size: Greatest size of the vocabulary, the most frequent tokens being kept.
        name: What the text is called in files.

    Raises:
        DataError: A part is shorter than two tokens.
    """
    if any(len(part) < 2 for part in tokens.values()):
        count = sum(map(len, tokens.values()))
        why = f"a text of {count} tokens is too short for three parts"
        raise DataError(why, key="dataset.path", value=path)
    vocabulary = Vocabulary.count(
        [tokens["train"]], specials=(UNKNOWN,), max_size=vocabulary_size, min_count=min_count
    )
    field = Field(
        "tokens",
        len(vocabulary),
        sequence=True,
        vocabulary=vocabulary,
        tokenizer=tokenizer,
        name=name,
    )
    splits: dict[Part, StreamSplit] = {}
    for part, read in tokens.items():
        ids = torch.tensor(vocabulary.encode(read))
        splits[part] = StreamSplit(ids[:-1], ids[1:])
    return DataSpec(field, field, aligned=True, stream=True, next_step=True), splits
