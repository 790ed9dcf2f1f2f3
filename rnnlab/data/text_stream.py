"""One long text as a stream of tokens, each to be foretold from those before it."""

from __future__ import annotations

from collections.abc import Sequence

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
    """Return what such data is, and its parts: a beginning, a middle and an end of the text.

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
    if any(last - first < 2 for first, last in bounds.values()):
        why = f"{len(tokens)} tokens are too few for three parts"
        raise DataError(why, key="dataset.path", value=path)
    vocabulary = Vocabulary.count(
        [tokens[slice(*bounds["train"])]],
        specials=(UNKNOWN,),
        max_size=vocabulary_size,
        min_count=min_count,
    )
    field = Field(
        "tokens",
        len(vocabulary),
        sequence=True,
        vocabulary=vocabulary,
        tokenizer=tokenizer,
        name="text",
    )
    ids = torch.tensor(vocabulary.encode(tokens))
    splits = {
        part: StreamSplit(ids[first : last - 1], ids[first + 1 : last])
        for part, (first, last) in bounds.items()
    }
    return DataSpec(field, field, aligned=True, stream=True, next_step=True), splits
