"""A person's own table of texts and their classes."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal, get_args

from rnnlab.data.dataset import Dataset, Part
from rnnlab.data.division import divide_examples
from rnnlab.data.files import decode_text, read_file, some_lines
from rnnlab.data.labelled_texts import encode_labelled_texts, require_classes
from rnnlab.data.spec import DataSpec
from rnnlab.data.split import TensorSplit
from rnnlab.data.table import DelimiterName, Table, parse_table
from rnnlab.data.tokenizer import TokenizerName, tokenize
from rnnlab.errors import DataError, check_choice
from rnnlab.ranges import Range


class CsvText(Dataset):
    """Texts of a CSV file, each with a class: reviews, messages, names.

    ``rnnlab train dataset=csv_text dataset.path=reviews.csv dataset.text=review
    dataset.label=stars task=many_to_one``

    The file is UTF-8 and its first line names the columns. Every class is divided among the parts
    in the same proportions, copies of a text being in one part; the vocabulary is that of the
    training part.

    Args:
        path: The file.
        text: The column of the texts.
        label: The column of the classes.
        tokenizer: How a text is cut into tokens.
        min_count: Tokens seen less often in the training part are ``<unk>``; from 2 on, the
            training part has some, and the model learns what to make of them.
        vocabulary_size: Greatest number of tokens, the most frequent being kept; None for no limit.
        max_length: Tokens read of each text, from its beginning; None for all.
        missing: ``error`` refuses a file in which a text or a class is missing, ``drop`` leaves
            such rows out. A text without any token counts as missing.
        delimiter: What stands between the cells of a row.
        val_fraction: Share of the rows in the validation part.
        test_fraction: Share of the rows in the test part.
        split_seed: Decides which row is in which part.

    Raises:
        ConfigError: A choice is none of those that there are.
        DataError: The file cannot be used as such a table; the message says where and why.
    """

    baselines = ("majority", "bag_of_words")

    def __init__(
        self,
        path: str,
        text: str,
        label: str,
        tokenizer: TokenizerName = "words",
        min_count: Annotated[int, Range(min=1)] = 2,
        vocabulary_size: Annotated[int, Range(min=3)] | None = 20_000,
        max_length: Annotated[int, Range(min=1)] | None = 500,
        missing: Literal["error", "drop"] = "error",
        delimiter: DelimiterName = "comma",
        val_fraction: Annotated[float, Range(above=0, below=1)] = 0.1,
        test_fraction: Annotated[float, Range(above=0, below=1)] = 0.2,
        split_seed: int = 0,
    ) -> None:
        check_choice("dataset.tokenizer", tokenizer, get_args(TokenizerName))
        check_choice("dataset.missing", missing, ("error", "drop"))
        content = read_file(path)
        self._sha256 = hashlib.sha256(content).hexdigest()
        table = parse_table(decode_text(content, path), path, delimiter=delimiter)
        table = _complete(table, text, label, tokenizer, missing)
        texts = table.column(text, key="dataset.text")
        labels = [cell.strip() for cell in table.column(label, key="dataset.label")]
        require_classes(labels, label)
        parts = divide_examples(
            labels,
            path,
            groups=texts,
            val_fraction=val_fraction,
            test_fraction=test_fraction,
            split_seed=split_seed,
        )
        self._spec, self._splits = encode_labelled_texts(
            texts,
            labels,
            parts,
            tokenizer=tokenizer,
            min_count=min_count,
            vocabulary_size=vocabulary_size,
            max_length=max_length,
            text_name=text,
            label_name=label,
        )

    @property
    def spec(self) -> DataSpec:
        """A sequence of tokens in, one class out; both are named after their columns."""
        return self._spec

    def split(self, part: Part) -> TensorSplit:
        """Return tokens ``(N, T)``, their lengths, and classes ``(N,)``."""
        return self._splits[part]

    def sha256(self) -> str:
        """Return the hash of the file."""
        return self._sha256


def _complete(
    table: Table,
    text: str,
    label: str,
    tokenizer: TokenizerName,
    missing: Literal["error", "drop"],
) -> Table:
    """Return the rows that have both, or refuse those that do not."""
    texts = table.column(text, key="dataset.text")
    labels = table.column(label, key="dataset.label")
    has_text = [bool(tokenize(cell, tokenizer)) and not cell.isspace() for cell in texts]
    has_label = [bool(cell.strip()) for cell in labels]
    lacking = [
        (line, text if not present else label)
        for line, present, labelled in zip(table.lines, has_text, has_label, strict=True)
        if not (present and labelled)
    ]
    if lacking and missing == "error":
        raise DataError(
            f"{len(lacking)} of {len(texts)} rows lack a value: {some_lines(lacking)}; "
            "dataset.missing=drop leaves them out",
            key="dataset.path",
            value=table.path,
        )
    return table.keep([a and b for a, b in zip(has_text, has_label, strict=True)])
