"""A person's own text, to be continued."""

from __future__ import annotations

import hashlib
from typing import Annotated, get_args

from rnnlab.data.dataset import Dataset, Part
from rnnlab.data.files import decode_text, read_file
from rnnlab.data.spec import DataSpec
from rnnlab.data.split import StreamSplit
from rnnlab.data.text_stream import encode_text_stream
from rnnlab.data.tokenizer import TokenizerName, tokenize
from rnnlab.errors import check_choice
from rnnlab.ranges import Range


class TextFile(Dataset):
    """The next character or word of a text file, at every one of them.

    ``rnnlab train dataset=text_file dataset.path=novel.txt task=synced_many_to_many``

    The file is UTF-8. It is cut by position into a beginning to train on, a middle to validate on
    and an end to test on; the vocabulary is that of the beginning.

    Args:
        path: The file.
        tokenizer: How the text is cut into tokens; ``words`` lower-cases and forgets line ends.
        min_count: Tokens seen less often in the training part are ``<unk>``.
        vocabulary_size: Greatest number of tokens, the most frequent being kept; None for no limit.
        val_fraction: Share of the text to validate on.
        test_fraction: Share of the text, at its end, to test on.
        split_seed: Of no effect: position alone decides what belongs to which part.

    Raises:
        ConfigError: There is no such tokenizer, or the parts leave nothing to train on.
        DataError: The file cannot be read as text, or is too short.
    """

    baselines = ("unigram", "bigram")

    def __init__(
        self,
        path: str,
        tokenizer: TokenizerName = "characters",
        min_count: Annotated[int, Range(min=1)] = 2,
        vocabulary_size: Annotated[int, Range(min=2)] | None = 20_000,
        val_fraction: Annotated[float, Range(above=0, below=1)] = 0.1,
        test_fraction: Annotated[float, Range(above=0, below=1)] = 0.1,
        split_seed: int = 0,
    ) -> None:
        check_choice("dataset.tokenizer", tokenizer, get_args(TokenizerName))
        content = read_file(path)
        self._sha256 = hashlib.sha256(content).hexdigest()
        text = decode_text(content, path).replace("\r\n", "\n").replace("\r", "\n")
        self._spec, self._splits = encode_text_stream(
            tokenize(text, tokenizer),
            path,
            tokenizer=tokenizer,
            min_count=min_count,
            vocabulary_size=vocabulary_size,
            val_fraction=val_fraction,
            test_fraction=test_fraction,
        )

    @property
    def spec(self) -> DataSpec:
        """A stream of tokens whose target is the same stream one step later."""
        return self._spec

    def split(self, part: Part) -> StreamSplit:
        """Return the stream of one part: input and target ``(N,)``."""
        return self._splits[part]

    def sha256(self) -> str:
        """Return the hash of the file."""
        return self._sha256
