import csv
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.data.datasets.csv_series import CsvSeries
from rnnlab.data.datasets.csv_text import CsvText
from rnnlab.data.rows import encode, read_rows, write_rows
from rnnlab.data.scaler import Scaler
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.vocabulary import UNKNOWN, Vocabulary
from rnnlab.errors import DataError

LABEL = Field("tokens", 2, sequence=False)


def spec(field: Field) -> DataSpec:
    return DataSpec(field, LABEL)


def reals(size: int, *, sequence: bool = True) -> DataSpec:
    scaler = Scaler((1.0,) * size, (2.0,) * size)
    return spec(Field("reals", size, sequence=sequence, scaler=scaler, name="window"))


def words(*tokens: str) -> DataSpec:
    field = Field(
        "tokens",
        len(tokens),
        sequence=True,
        vocabulary=Vocabulary(tokens),
        tokenizer="words",
        name="review",
    )
    return spec(field)


def test_rows_of_texts_are_what_the_dataset_made_of_them(tmp_path: Path) -> None:
    rows = [(f"it was, well, {'so ' * (i % 3)}good {i}", str(i % 2)) for i in range(40)]
    with (tmp_path / "train.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([("review", "stars"), *rows])
    dataset = CsvText(str(tmp_path / "train.csv"), "review", "stars", min_count=1)
    write_rows(tmp_path / "new.csv", [{"review": text} for text, _ in rows])
    batch = encode(read_rows(tmp_path / "new.csv"), dataset.spec)
    assert batch.lengths is not None
    found = {
        tuple(ids[:length].tolist()) for ids, length in zip(batch.input, batch.lengths, strict=True)
    }
    split = dataset.split("train")
    assert split.lengths is not None
    expected = {
        tuple(ids[:length].tolist()) for ids, length in zip(split.input, split.lengths, strict=True)
    }
    assert len(expected) == 28
    assert expected <= found


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_windows_are_what_the_dataset_made_of_them(tmp_path: Path, suffix: str) -> None:
    series = tmp_path / "series.csv"
    series.write_text("\n".join(["sales,rain", *(f"{i**2},{-i}" for i in range(40))]))
    dataset = CsvSeries(str(series), "sales", beside=["rain"], window=3)
    windows = [[[t**2, -t] for t in range(start, start + 3)] for start in range(25)]
    rows = tmp_path / f"new.{suffix}"
    if suffix == "csv":
        flat = [list(chain(*window)) for window in windows]
        write_rows(rows, [{f"t{i}": value for i, value in enumerate(row)} for row in flat])
    else:
        write_rows(rows, [{"window": window} for window in windows])
    batch = encode(read_rows(rows), dataset.spec)
    torch.testing.assert_close(batch.input, dataset.split("train").input, rtol=0, atol=0)


@settings(deadline=None, max_examples=30)
@given(
    values=st.lists(
        st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=6), min_size=1, max_size=4
    )
)
def test_reals_are_scaled_and_padded(values: list[list[float]]) -> None:
    batch = encode([{"input": row} for row in values], reals(1))
    assert batch.lengths is not None
    assert batch.lengths.tolist() == [len(row) for row in values]
    for row, steps in zip(values, batch.input, strict=True):
        expected = (torch.tensor(row, dtype=torch.float64) - 1) / 2
        torch.testing.assert_close(steps[: len(row), 0], expected.float())
        assert not steps[len(row) :].any()


@pytest.mark.parametrize(
    ("row", "steps"),
    [
        ({"window": [1, 3, 5]}, [0, 1, 2]),
        ({"window": [[1], [3]]}, [0, 1]),
        ({"window": "[1, 3]"}, [0, 1]),
        ({"input": "1 3, 5"}, [0, 1, 2]),
        ({"a": "1", "b": "3", "c": "", "d": ""}, [0, 1]),
    ],
)
def test_ways_to_write_a_series(row: dict[str, Any], steps: list[float]) -> None:
    assert encode([row], reals(1)).input[0, :, 0].tolist() == steps


def test_vectors_images_and_frames() -> None:
    assert encode([{"a": 1, "b": 5}], reals(2, sequence=False)).input.tolist() == [[0.0, 2.0]]
    image = Field("image", 4, sequence=False, shape=(1, 2, 2), scaler=Scaler((0.0,), (2.0,)))
    for row in (
        {"input": [[0, 2], [4, 6]]},
        {"input": [[[0, 2], [4, 6]]]},
        dict(zip("abcd", (0, 2, 4, 6), strict=True)),
    ):
        assert encode([row], spec(image)).input.tolist() == [[[[0.0, 1.0], [2.0, 3.0]]]]
    frames = Field("image", 12, sequence=True, shape=(3, 2, 2))
    batch = encode([{"input": torch.ones(2, 3, 2, 2).tolist()}], spec(frames))
    assert batch.input.shape == (1, 2, 3, 2, 2)


def test_words_that_are_not_known() -> None:
    row = {"review": "Good BAD"}
    assert encode([row], words(UNKNOWN, "good")).input.tolist() == [[1, 0]]
    with pytest.raises(DataError, match="'bad' is not in the vocabulary, and it has no <unk>"):
        encode([row], words("good"))


def test_ids_and_tokens_without_a_tokenizer() -> None:
    numbered = spec(Field("tokens", 4, sequence=True, name="x"))
    for content in ([3, 0], "3 0", "[3, 0]"):
        assert encode([{"x": content}], numbered).input.tolist() == [[3, 0]]
    assert encode([{"a": "3", "b": "0", "c": ""}], numbered).input.tolist() == [[3, 0]]
    named = spec(Field("tokens", 2, sequence=True, vocabulary=Vocabulary(("7", "AH0"))))
    assert encode([{"input": [7, "AH0"]}], named).input.tolist() == [[0, 1]]
    assert encode([{"input": "AH0 7"}], named).input.tolist() == [[1, 0]]


@pytest.mark.parametrize(
    ("spec", "values", "message"),
    [
        (reals(1), {"windo": "x"}, r"no column 'window' or 'input' among: windo$"),
        (reals(2), {"window": [1, 2]}, r"numbers of shape \(2,\); the model takes \(steps, 2\)"),
        (reals(2, sequence=False), {"a": 1}, r"shape \(1,\); the model takes \(2\)"),
        (reals(1), {"window": [1, "x"]}, "something else than numbers"),
        (reals(1), {"window": [[1], [1, 2]]}, "something else than numbers, or lists of different"),
        (reals(1), {"window": "1 x"}, "something else than numbers"),
        (reals(1), {"window": []}, r"shape \(0,\)"),
        (reals(1), {"window": [float("nan")]}, "NaN"),
        (reals(1), {"a": "1", "b": "", "c": "2"}, "no column"),
        (words(UNKNOWN), {"review": " "}, "holds no token"),
        (words(UNKNOWN), {"review": 3}, "3 is neither a text nor"),
        (words(UNKNOWN), {"a": "3"}, "no column 'review'"),
        (spec(Field("tokens", 4, sequence=True)), {"input": [4]}, "4 is no id from 0 to 3"),
        (spec(Field("tokens", 4, sequence=True)), {"a": 1.5}, r"1\.5 is no id"),
    ],
)
def test_a_row_that_does_not_fit_is_named(
    tmp_path: Path, spec: DataSpec, values: dict[str, Any], message: str
) -> None:
    write_rows(tmp_path / "a.jsonl", [values])
    with pytest.raises(DataError, match=rf"^--input: row 1 \(line 1\): .*{message}"):
        encode(read_rows(tmp_path / "a.jsonl"), spec)
