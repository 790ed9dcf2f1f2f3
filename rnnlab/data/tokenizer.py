"""Ways to cut a text into tokens and to put it together again."""

from __future__ import annotations

import re
from typing import Literal, get_args

TokenizerName = Literal["words", "characters", "spaces"]

# A word keeps its inner apostrophes; each other visible sign is a token of its own.
_WORD = re.compile(r"https?://\S+|\w+(?:['’]\w+)*|[^\w\s]")


def tokenize(text: str, tokenizer: TokenizerName) -> list[str]:
    """Cut ``text`` into tokens.

    ``words`` lower-cases and separates punctuation, a link being one word; ``characters`` takes
    each character as it is; ``spaces`` cuts at white space only (for phonemes or texts that are
    already tokenized).

    Raises:
        ValueError: The name of the tokenizer is not known.
    """
    if tokenizer == "words":
        return _WORD.findall(text.lower())
    if tokenizer == "characters":
        return list(text)
    if tokenizer == "spaces":
        return text.split()
    raise ValueError(f"tokenizer={tokenizer!r}; valid: {', '.join(get_args(TokenizerName))}")


def join(tokens: list[str], tokenizer: TokenizerName) -> str:
    """Put tokens together as a text: no space between characters, one between others."""
    return ("" if tokenizer == "characters" else " ").join(tokens)
