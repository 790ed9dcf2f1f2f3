"""Columns of a dataset of rows as the mappings that they make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from math import isnan
from typing import Literal

import torch

from rnnlab.data.collate import collate_tokens
from rnnlab.data.content import content_sha256
from rnnlab.data.dataset import Part
from rnnlab.data.division import divide_examples
from rnnlab.data.hub_rows import HubRows, HubTexts
from rnnlab.data.labelled_texts import encode_labelled_texts, require_classes
from rnnlab.data.numbers import parse_number
from rnnlab.data.series_windows import encode_series
from rnnlab.data.spec import DataSpec
from rnnlab.data.split import ExampleSplit, Split
from rnnlab.data.streamed_texts import DrawnPairs, Pair, ShortPairs, StreamedTexts
from rnnlab.data.text_pairs import encode_text_pairs
from rnnlab.data.text_stream import encode_text_parts
from rnnlab.data.tokenizer import TokenizerName, tokenize
from rnnlab.data.windows import split_by_time
from rnnlab.errors import DataError

_PARTS: tuple[Part, ...] = ("train", "val", "test")
_HELD_OUT: tuple[Part, ...] = ("val", "test")


@dataclass(frozen=True)
class Encoded:
    """What a dataset gives.

    Args:
        spec: What it is.
        splits: Its parts.
        sha256: Hash of all that was read.
    """

    spec: DataSpec
    splits: Mapping[Part, Split]
    sha256: str


@dataclass(frozen=True)
class HubEncoder:
    """How rows become examples; the arguments are those of the dataset ``huggingface``."""

    tokenizer: TokenizerName
    min_count: int
    vocabulary_size: int | None
    max_length: int | None
    missing: Literal["error", "drop"]
    val_fraction: float
    test_fraction: float
    split_seed: int

    def forecast(self, rows: HubRows, column: str, *, window: int, horizon: int) -> Encoded:
        """Return windows of the numbers in a column of the training split, and what follows."""
        numbers = [
            self._number(rows, row[column], number, column)
            for number, row in enumerate(rows.read("train"), 1)
        ]
        spec, splits = encode_series(
            torch.tensor(numbers, dtype=torch.float64)[:, None],
            rows.path,
            window=window,
            horizon=horizon,
            val_fraction=self.val_fraction,
            test_fraction=self.test_fraction,
            target_name=column,
        )
        return Encoded(spec, splits, content_sha256(str(numbers)))

    def language(self, rows: HubRows, column: str) -> Encoded:
        """Return the texts of a column, a line each, as a stream of tokens."""
        texts = {
            part: "\n".join(
                text for text, _ in HubTexts(rows, part, (column, column), self.missing)
            )
            for part in rows.parts
        }
        tokens = {part: tokenize(text, self.tokenizer) for part, text in texts.items()}
        bounds = split_by_time(
            len(tokens["train"]),
            0 if "val" in tokens else self.val_fraction,
            0 if "test" in tokens else self.test_fraction,
        )
        cut = {part: tokens["train"][first:last] for part, (first, last) in bounds.items()}
        parts = {part: tokens.get(part, cut[part]) for part in _HELD_OUT}
        spec, splits = encode_text_parts(
            {"train": cut["train"], **parts},
            rows.path,
            tokenizer=self.tokenizer,
            min_count=self.min_count,
            vocabulary_size=self.vocabulary_size,
            name=column,
        )
        return Encoded(spec, splits, content_sha256(*chain(*sorted(texts.items()))))

    def texts(self, rows: HubRows, columns: tuple[str, str], *, labelled: bool) -> Encoded:
        """Return texts with their classes, or with the texts to be made of them."""
        pairs: list[Pair] = []
        given: dict[Part, range] = {}
        for part in rows.parts:
            before = len(pairs)
            pairs += self._pairs(rows, columns, part, labelled)
            given[part] = range(before, len(pairs))
        if labelled:
            require_classes([second for _, second in pairs], columns[1])
        parts = divide_examples(
            [second if labelled else None for _, second in pairs],
            rows.path,
            groups=[first for first, _ in pairs],
            given={part: given[part] for part in _HELD_OUT if part in given},
            val_fraction=self.val_fraction,
            test_fraction=self.test_fraction,
            split_seed=self.split_seed,
        )
        spec, splits = self._encode(pairs, parts, columns, labelled)
        return Encoded(spec, splits, content_sha256(*chain(*pairs)))

    def streamed_texts(
        self,
        rows: HubRows,
        columns: tuple[str, str],
        *,
        labelled: bool,
        rows_ahead: int,
        buffer: int,
    ) -> Encoded:
        """Return the same without holding it in memory."""
        val = 0 if "val" in rows.parts else self.val_fraction
        test = 0 if "test" in rows.parts else self.test_fraction
        parts: dict[Part, Iterable[Pair]] = {
            part: self._pairs(rows, columns, part, labelled)
            if part in rows.parts and part != "train"
            else DrawnPairs(
                self._pairs(rows, columns, "train", labelled), part, val, test, self.split_seed
            )
            for part in _PARTS
        }
        ahead = list(islice(parts["train"], rows_ahead))
        for part in _HELD_OUT:
            if not ahead or next(iter(parts[part]), None) is None:
                why = f"no row is left for the part {part if ahead else 'train'}"
                raise DataError(why, key="dataset.path", value=rows.path)
        seen, _ = self._encode(ahead, {"train": range(len(ahead))}, columns, labelled)
        spec = replace(
            seen,
            input=replace(seen.input, max_length=self.max_length),
            target=seen.target if labelled else replace(seen.target, max_length=self._longest),
        )
        splits = {
            part: ExampleSplit(
                StreamedTexts(parts[part], spec, buffer if part == "train" else 1),
                collate_tokens,
            )
            for part in _PARTS
        }
        return Encoded(spec, splits, content_sha256(*chain(*ahead)))

    @property
    def _longest(self) -> int | None:
        return None if self.max_length is None else self.max_length + 1

    def _pairs(
        self, rows: HubRows, columns: tuple[str, str], part: Part, labelled: bool
    ) -> Iterable[Pair]:
        pairs = HubTexts(rows, part, columns, self.missing)
        if labelled or self.max_length is None:
            return pairs
        return ShortPairs(pairs, self.tokenizer, self.max_length)

    def _encode(
        self,
        pairs: Sequence[Pair],
        parts: Mapping[Part, Sequence[int]],
        columns: tuple[str, str],
        labelled: bool,
    ) -> tuple[DataSpec, Mapping[Part, Split]]:
        if labelled:
            return encode_labelled_texts(
                [first for first, _ in pairs],
                [second for _, second in pairs],
                parts,
                tokenizer=self.tokenizer,
                min_count=self.min_count,
                vocabulary_size=self.vocabulary_size,
                max_length=self.max_length,
                text_name=columns[0],
                label_name=columns[1],
            )
        sources = [tokenize(first, self.tokenizer) for first, _ in pairs]
        targets = [tokenize(second, self.tokenizer) for _, second in pairs]
        return encode_text_pairs(
            sources,
            targets,
            parts,
            source_tokenizer=self.tokenizer,
            target_tokenizer=self.tokenizer,
            min_count=self.min_count,
            vocabulary_size=self.vocabulary_size,
            source_name=columns[0],
            target_name=columns[1],
        )

    def _number(self, rows: HubRows, cell: object, number: int, column: str) -> float:
        value = parse_number("" if cell is None else str(cell))
        if value is None or (isnan(value) and self.missing == "error"):
            why = f"row {number} of {rows.path} holds {cell!r}, no finite number"
            raise DataError(why, key="dataset.column", value=column)
        return value
