"""A text as a stream of characters."""

from __future__ import annotations

from typing import Annotated

from rnnlab.data.content import content_sha256
from rnnlab.data.dataset import Dataset, Part
from rnnlab.data.files import decode_text, read_file
from rnnlab.data.spec import DataSpec
from rnnlab.data.split import Split
from rnnlab.data.text_stream import encode_text_stream
from rnnlab.ranges import Range


class Characters(Dataset):
    """The next character of a text, at every character.

    Without ``path`` the text is the English documentation of the language that CPython carries on
    every machine (``pydoc_data.topics``), whose length depends on the version of Python: 465,048
    characters in 3.11.7. The text is cut by position into a beginning to train on, a middle to
    validate on and an end to test on. Characters that the training part does not have are
    ``<unk>``.

    Args:
        path: A text file in UTF-8; None for CPython's documentation.
        val_fraction: Share of the text to validate on.
        test_fraction: Share of the text, at its end, to test on.
        split_seed: Of no effect: position alone decides what belongs to which part.

    Raises:
        DataError: The file cannot be read as text, or is too short.
    """

    baselines = ("unigram", "bigram")

    def __init__(
        self,
        path: str | None = None,
        val_fraction: Annotated[float, Range(above=0, below=1)] = 0.05,
        test_fraction: Annotated[float, Range(above=0, below=1)] = 0.05,
        split_seed: int = 0,
    ) -> None:
        text = _topics() if path is None else decode_text(read_file(path), path)
        self._sha256 = content_sha256(text)
        self._spec, self._splits = encode_text_stream(
            text,
            path or "pydoc_data.topics",
            tokenizer="characters",
            min_count=1,
            vocabulary_size=None,
            val_fraction=val_fraction,
            test_fraction=test_fraction,
        )

    @property
    def spec(self) -> DataSpec:
        """A stream of characters whose target is the same stream one step later."""
        return self._spec

    def split(self, part: Part) -> Split:
        """Return the stream of one part: input and target ``(N,)``."""
        return self._splits[part]

    def sha256(self) -> str:
        """Return the hash of the text."""
        return self._sha256


def _topics() -> str:
    from pydoc_data.topics import topics

    return "\n".join(topics.values())
