"""Texts and series through the package ``datasets``: the Hugging Face hub and local files."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from rnnlab.data.dataset import Dataset, Part
from rnnlab.data.hub_mappings import HubEncoder
from rnnlab.data.hub_open import open_file, open_hub
from rnnlab.data.spec import DataSpec
from rnnlab.data.split import Split
from rnnlab.data.tokenizer import TokenizerName
from rnnlab.errors import ConfigError, check_choice
from rnnlab.ranges import Range

_MAPPINGS = (("text", "label"), ("source", "target"), ("column",), ("text",))


class HuggingFace(Dataset):
    """A dataset of the Hugging Face hub, or a local CSV, TSV, JSON, JSON lines or Parquet file.

    ``rnnlab train dataset=huggingface dataset.name=stanfordnlp/imdb dataset.text=text
    dataset.label=label task=many_to_one``

    Which columns are named decides what it is: ``text`` and ``label`` make classification,
    ``source`` and ``target`` one text out of another, ``column`` a forecast of the numbers in it,
    ``text`` alone a language model of the texts, one line each. Parts that the dataset
    has itself are used; others are drawn from its training split. A series is split by time, and
    a language model by position where the dataset has no parts. Vocabularies and scalers are those
    of the training part. Needs the extra ``hf``.

    With ``streaming`` the examples of the first two kinds are read while training. Vocabulary and
    classes come from the first ``rows_ahead`` rows of the training part.

    Args:
        name: A dataset of the hub; None for a file.
        subset: Which configuration of a dataset of the hub.
        path: A file: .csv, .tsv, .json, .jsonl or .parquet; None for a dataset of the hub.
        text: The column of the texts.
        label: The column of the classes.
        source: The column that is read.
        target: The column that is written.
        column: The column of numbers to forecast.
        streaming: Whether examples are read while training instead of held in memory.
        own_splits: Whether to use the validation and test splits that the dataset has.
        tokenizer: How a text is cut into tokens.
        min_count: Tokens seen less often in the training part are ``<unk>``.
        vocabulary_size: Greatest number of tokens, the most frequent being kept; None for no limit.
        max_length: Tokens read of each text with a class; pairs with a longer side are left out.
        window: T, rows of a series that are looked at.
        horizon: L, rows of a series that are to be foretold.
        missing: ``error`` refuses rows without a value, ``drop`` leaves them out, or the windows
            that would hold them.
        rows_ahead: Rows read before training to know words and classes when streaming.
        buffer: Rows from which the next training example is drawn when streaming.
        val_fraction: Share of the rows in the validation part, where it is drawn.
        test_fraction: Share of the rows in the test part, where it is drawn.
        split_seed: Decides which row is in which part.

    Raises:
        ConfigError: The columns named make no mapping, or one that cannot be streamed; or a choice
            is none of those that there are.
        DataError: The dataset cannot be used; the message says where and why.
        MissingPackage: ``datasets`` is not installed.
    """

    def __init__(
        self,
        name: str | None = None,
        subset: str | None = None,
        path: str | None = None,
        text: str | None = None,
        label: str | None = None,
        source: str | None = None,
        target: str | None = None,
        column: str | None = None,
        streaming: bool = False,
        own_splits: bool = True,
        tokenizer: TokenizerName = "words",
        min_count: Annotated[int, Range(min=1)] = 2,
        vocabulary_size: Annotated[int, Range(min=5)] | None = 20_000,
        max_length: Annotated[int, Range(min=1)] | None = 500,
        window: Annotated[int, Range(min=1)] = 24,
        horizon: Annotated[int, Range(min=1)] = 1,
        missing: Literal["error", "drop"] = "error",
        rows_ahead: Annotated[int, Range(min=3)] = 100_000,
        buffer: Annotated[int, Range(min=1)] = 10_000,
        val_fraction: Annotated[float, Range(above=0, below=1)] = 0.1,
        test_fraction: Annotated[float, Range(above=0, below=1)] = 0.2,
        split_seed: int = 0,
    ) -> None:
        check_choice("dataset.tokenizer", tokenizer, get_args(TokenizerName))
        check_choice("dataset.missing", missing, ("error", "drop"))
        named = {"text": text, "label": label, "source": source, "target": target, "column": column}
        columns = tuple(key for key, value in named.items() if value is not None)
        if columns not in _MAPPINGS:
            raise ConfigError(
                "the columns named make no mapping",
                key="dataset",
                value=" and ".join(columns) or None,
                valid=[" and ".join(mapping) for mapping in _MAPPINGS],
            )
        if streaming and len(columns) == 1:
            why = f"{columns[0]} alone is one long sequence and is held in memory"
            raise ConfigError(why, key="dataset.streaming", value=True)
        if (name is None) == (path is None):
            why = "needs the name of a dataset of the hub or, instead, the path of a file"
            raise ConfigError(why, key="dataset", valid=("dataset.name", "dataset.path"))
        if path is not None:
            rows = open_file(path)
        else:
            rows = open_hub(str(name), subset, streaming=streaming, own_splits=own_splits)
        for key in columns:
            rows.require(str(named[key]), f"dataset.{key}")
        encoder = HubEncoder(
            tokenizer,
            min_count,
            vocabulary_size,
            max_length,
            missing,
            val_fraction,
            test_fraction,
            split_seed,
        )
        first, second = str(named[columns[0]]), str(named[columns[-1]])
        labelled = label is not None
        if column is not None:
            encoded = encoder.forecast(rows, column, window=window, horizon=horizon)
        elif len(columns) == 1:
            encoded = encoder.language(rows, first)
        elif streaming:
            encoded = encoder.streamed_texts(
                rows, (first, second), labelled=labelled, rows_ahead=rows_ahead, buffer=buffer
            )
        else:
            encoded = encoder.texts(rows, (first, second), labelled=labelled)
        self._encoded = encoded
        self._sha256 = encoded.sha256 if rows.sha256 is None else rows.sha256

    @property
    def spec(self) -> DataSpec:
        """What the columns named make; input and target have the names of their columns."""
        return self._encoded.spec

    def split(self, part: Part) -> Split:
        """Return examples in memory, or read while training if ``streaming``."""
        return self._encoded.splits[part]

    def sha256(self) -> str:
        """Return the hash of the file, or of the rows of the hub (streaming: those read ahead)."""
        return self._sha256
