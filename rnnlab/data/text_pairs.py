"""Pairs of texts, the second to be made of the first, as padded tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rnnlab.data.dataset import Part
from rnnlab.data.padding import pad
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.split import TensorSplit
from rnnlab.data.tokenizer import TokenizerName
from rnnlab.data.vocabulary import BEGIN, END, PAD, UNKNOWN, Vocabulary


def encode_text_pairs(
    sources: Sequence[Sequence[str]],
    targets: Sequence[Sequence[str]],
    parts: Mapping[Part, Sequence[int]],
    *,
    source_tokenizer: TokenizerName,
    target_tokenizer: TokenizerName,
    min_count: int,
    vocabulary_size: int | None,
    source_name: str,
    target_name: str,
) -> tuple[DataSpec, dict[Part, TensorSplit]]:
    """Return what such data is, and its parts: tokens ``(N, T)`` and ``(N, L)`` with ``<eos>``.

    Args:
        sources: The tokens of each source.
        targets: The tokens of each target.
        parts: Positions of the pairs of each part.
        source_tokenizer: How the sources were cut.
        target_tokenizer: How the targets were cut.
        min_count: Tokens seen less often in the training part are unknown.
        vocabulary_size: Greatest size of each vocabulary, the most frequent tokens being kept.
        source_name: What the source is called in files.
        target_name: What the target is called in files.
    """

    def count(sequences: Sequence[Sequence[str]], specials: tuple[str, ...]) -> Vocabulary:
        return Vocabulary.count(
            (sequences[position] for position in parts["train"]),
            specials=specials,
            max_size=vocabulary_size,
            min_count=min_count,
        )

    source_words = count(sources, (PAD, UNKNOWN))
    target_words = count(targets, (PAD, UNKNOWN, BEGIN, END))
    splits: dict[Part, TensorSplit] = {}
    for part, positions in parts.items():
        source, lengths = pad([source_words.encode(sources[position]) for position in positions])
        target, target_lengths = pad(
            [target_words.encode([*targets[position], END]) for position in positions]
        )
        splits[part] = TensorSplit(source, target, lengths, target_lengths)
    spec = DataSpec(
        input=Field(
            "tokens",
            len(source_words),
            sequence=True,
            vocabulary=source_words,
            tokenizer=source_tokenizer,
            name=source_name,
            max_length=max(map(len, sources)),
        ),
        target=Field(
            "tokens",
            len(target_words),
            sequence=True,
            vocabulary=target_words,
            tokenizer=target_tokenizer,
            name=target_name,
            max_length=max(map(len, targets)) + 1,
        ),
    )
    return spec, splits
