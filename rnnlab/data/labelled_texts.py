"""Texts, each with a class, as padded tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from rnnlab.data.dataset import Part
from rnnlab.data.padding import pad
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.split import TensorSplit
from rnnlab.data.tokenizer import TokenizerName, tokenize
from rnnlab.data.vocabulary import PAD, UNKNOWN, Vocabulary
from rnnlab.errors import DataError


def encode_labelled_texts(
    texts: Sequence[str],
    labels: Sequence[str],
    parts: Mapping[Part, Sequence[int]],
    *,
    tokenizer: TokenizerName,
    min_count: int,
    vocabulary_size: int | None,
    max_length: int | None,
    text_name: str,
    label_name: str,
) -> tuple[DataSpec, dict[Part, TensorSplit]]:
    """Return what such data is, and its parts: tokens ``(N, T)`` and classes ``(N,)``.

    Args:
        texts: Every text; each has a token at least.
        labels: The class of each text.
        parts: Positions of the examples of each part.
        tokenizer: How a text is cut.
        min_count: Tokens seen less often in the training part are unknown.
        vocabulary_size: Greatest size of the vocabulary, the most frequent tokens being kept.
        max_length: Steps kept of each text, from its beginning; None for all.
        text_name: The column of the texts.
        label_name: The column of the classes.

    Raises:
        DataError: There is only one class, or the training part lacks one.
    """
    classes = Vocabulary(tuple(sorted({labels[position] for position in parts["train"]})))
    unseen = sorted(set(labels) - set(classes.tokens))
    if unseen:
        why = f"no example of {unseen[0]!r} is left in the training part"
        raise DataError(why, key="dataset.label", value=label_name)
    if len(classes) < 2:
        why = f"every row has the same label, {classes.tokens[0]!r}: nothing can be learned from it"
        raise DataError(why, key="dataset.label", value=label_name)

    tokens = [tokenize(text, tokenizer)[:max_length] for text in texts]
    vocabulary = Vocabulary.count(
        (tokens[position] for position in parts["train"]),
        specials=(PAD, UNKNOWN),
        max_size=vocabulary_size,
        min_count=min_count,
    )
    spec = DataSpec(
        input=Field(
            "tokens",
            len(vocabulary),
            sequence=True,
            vocabulary=vocabulary,
            tokenizer=tokenizer,
            name=text_name,
            max_length=max(map(len, tokens)),
        ),
        target=Field("tokens", len(classes), sequence=False, vocabulary=classes, name=label_name),
    )
    splits: dict[Part, TensorSplit] = {}
    for part, positions in parts.items():
        ids, lengths = pad([vocabulary.encode(tokens[position]) for position in positions])
        target = torch.tensor(classes.encode(labels[position] for position in positions))
        splits[part] = TensorSplit(ids, target, lengths)
    return spec, splits


def require_classes(labels: Sequence[str], label_name: str) -> None:
    """Check that labels are classes, not values that hardly any two examples share.

    Args:
        labels: The label of each example.
        label_name: Their column, for messages.

    Raises:
        DataError: More than half as many labels as examples are different.
    """
    different = len(set(labels))
    if 2 * different > len(labels) > 2:
        why = f"{different} different labels in {len(labels)} rows are no classes"
        raise DataError(why, key="dataset.label", value=label_name)
