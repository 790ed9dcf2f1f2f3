"""A person's own pairs of texts: translations, questions and answers, spellings and sounds."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal, get_args

from rnnlab.data.dataset import Dataset, Part
from rnnlab.data.division import divide_examples
from rnnlab.data.files import decode_text, read_file, some_lines
from rnnlab.data.spec import DataSpec
from rnnlab.data.split import TensorSplit
from rnnlab.data.table import DelimiterName, Table, parse_table
from rnnlab.data.text_pairs import encode_text_pairs
from rnnlab.data.tokenizer import TokenizerName, tokenize
from rnnlab.errors import ConfigError, DataError, check_choice
from rnnlab.ranges import Range

Tokens = list[list[str]]


class TsvPairs(Dataset):
    """Two columns of a file, the second to be made of the first.

    ``rnnlab train dataset=tsv_pairs dataset.path=german.tsv task=many_to_many``

    The file is UTF-8, a pair on each line, its sides separated by a tab. Where ``source`` and
    ``target`` name columns, the first line names them all; otherwise there is no such line and the
    first two columns count. All pairs with the same source are in one part, so that no source of
    the test part occurs in training; vocabularies are those of the training part.

    Args:
        path: The file.
        source: The column that is read; None for the first one of a file without a header.
        target: The column that is written; None for the second one of a file without a header.
        source_tokenizer: How a source is cut into tokens.
        target_tokenizer: How a target is cut into tokens.
        min_count: Tokens seen less often in the training part are ``<unk>``.
        vocabulary_size: Greatest number of tokens on each side, the most frequent being kept; None
            for no limit.
        max_length: Pairs with more tokens on either side are left out; None for no limit.
        missing: ``error`` refuses a file in which a side has no token, ``drop`` leaves such pairs
            out.
        delimiter: What stands between the two sides.
        quoted: Whether a double quote encloses a cell; otherwise it is a sign like others.
        val_fraction: Share of the sources in the validation part.
        test_fraction: Share of the sources in the test part.
        split_seed: Decides which source is in which part.

    Attributes:
        left_out: How many pairs were longer than ``max_length``.

    Raises:
        ConfigError: Only one of ``source`` and ``target`` is given, or a choice is none of those
            that there are.
        DataError: The file cannot be used as such a table; the message says where and why.
    """

    baselines = ("most_frequent_sequence",)

    def __init__(
        self,
        path: str,
        source: str | None = None,
        target: str | None = None,
        source_tokenizer: TokenizerName = "words",
        target_tokenizer: TokenizerName = "words",
        min_count: Annotated[int, Range(min=1)] = 2,
        vocabulary_size: Annotated[int, Range(min=5)] | None = 20_000,
        max_length: Annotated[int, Range(min=1)] | None = 100,
        missing: Literal["error", "drop"] = "error",
        delimiter: DelimiterName = "tab",
        quoted: bool = False,
        val_fraction: Annotated[float, Range(above=0, below=1)] = 0.1,
        test_fraction: Annotated[float, Range(above=0, below=1)] = 0.1,
        split_seed: int = 0,
    ) -> None:
        check_choice("dataset.source_tokenizer", source_tokenizer, get_args(TokenizerName))
        check_choice("dataset.target_tokenizer", target_tokenizer, get_args(TokenizerName))
        check_choice("dataset.missing", missing, ("error", "drop"))
        if (source is None) != (target is None):
            absent = "source" if source is None else "target"
            raise ConfigError("name both columns or none", key=f"dataset.{absent}")
        content = read_file(path)
        self._sha256 = hashlib.sha256(content).hexdigest()
        table = parse_table(
            decode_text(content, path),
            path,
            delimiter=delimiter,
            header=source is not None,
            quoted=quoted,
        )
        if len(table.header) < 2:
            why = f"the first line has one cell only; are the sides separated by a {delimiter}?"
            raise DataError(why, key="dataset.path", value=path)
        read, written = source or table.header[0], target or table.header[1]
        sources = [
            tokenize(cell, source_tokenizer) for cell in table.column(read, key="dataset.source")
        ]
        targets = [
            tokenize(cell, target_tokenizer) for cell in table.column(written, key="dataset.target")
        ]
        if missing == "error":
            _refuse_empty(sources, targets, table)
        pairs = [(s, t) for s, t in zip(sources, targets, strict=True) if s and t]
        short = [
            (s, t) for s, t in pairs if max_length is None or max(len(s), len(t)) <= max_length
        ]
        self.left_out = len(pairs) - len(short)
        if pairs and not short:
            why = f"all {len(pairs)} pairs of {path} are longer"
            raise DataError(why, key="dataset.max_length", value=max_length)
        parts = divide_examples(
            [None] * len(short),
            path,
            groups=[tuple(s) for s, _ in short],
            val_fraction=val_fraction,
            test_fraction=test_fraction,
            split_seed=split_seed,
        )
        self._spec, self._splits = encode_text_pairs(
            [s for s, _ in short],
            [t for _, t in short],
            parts,
            source_tokenizer=source_tokenizer,
            target_tokenizer=target_tokenizer,
            min_count=min_count,
            vocabulary_size=vocabulary_size,
            source_name=source or "source",
            target_name=target or "target",
        )

    @property
    def spec(self) -> DataSpec:
        """A sequence of tokens in, another one out that ends in ``<eos>``."""
        return self._spec

    def split(self, part: Part) -> TensorSplit:
        """Return tokens ``(N, T)`` and ``(N, L)``, and the lengths of both."""
        return self._splits[part]

    def sha256(self) -> str:
        """Return the hash of the file."""
        return self._sha256


def _refuse_empty(sources: Tokens, targets: Tokens, table: Table) -> None:
    lacking = [
        (line, "target" if source else "source")
        for line, source, target in zip(table.lines, sources, targets, strict=True)
        if not (source and target)
    ]
    if lacking:
        raise DataError(
            f"{len(lacking)} of {len(sources)} pairs lack a side: {some_lines(lacking)}; "
            "dataset.missing=drop leaves them out",
            key="dataset.path",
            value=table.path,
        )
