from itertools import chain
from typing import Any

import pytest

from rnnlab.data.dataset import Part
from rnnlab.data.hub_mappings import Encoded, HubEncoder
from rnnlab.data.hub_rows import HubRows
from rnnlab.data.loading import make_loader
from rnnlab.data.split import ExampleSplit, StreamSplit, TensorSplit
from rnnlab.errors import DataError

PARTS: tuple[Part, ...] = ("train", "val", "test")
ROWS = [{"a": f"{'x' * (n % 5)} w{n}", "b": "good" if n % 2 else "bad"} for n in range(200)]


def rows(**parts: list[dict[str, Any]]) -> HubRows:
    return HubRows("hub", {**parts}, ("a", "b"), {}, None)


def encoder(**changes: Any) -> HubEncoder:
    options = {
        "tokenizer": "words",
        "min_count": 1,
        "vocabulary_size": None,
        "max_length": 10,
        "missing": "error",
        "val_fraction": 0.1,
        "test_fraction": 0.2,
        "split_seed": 0,
    }
    return HubEncoder(**{**options, **changes})


def first_texts(encoded: Encoded, part: Part) -> list[str]:
    """Return the texts of a part, in the order in which its loader gives them."""
    field = encoded.spec.input
    assert field.vocabulary is not None
    texts = []
    for batch in make_loader(encoded.splits[part], 7, shuffle=False, seed=0):
        assert batch.lengths is not None
        for ids, length in zip(batch.input, batch.lengths, strict=True):
            texts.append(" ".join(field.vocabulary.tokens[index] for index in ids[:length]))
    return texts


def test_parts_are_drawn_where_there_are_none() -> None:
    encoded = encoder().texts(rows(train=ROWS), ("a", "b"), labelled=True)
    assert [len(encoded.splits[part]) for part in PARTS] == [140, 20, 40]
    assert encoded.spec.target.vocabulary is not None
    assert encoded.spec.target.vocabulary.tokens == ("bad", "good")
    assert isinstance(encoded.splits["train"], TensorSplit)


def test_own_parts_are_kept() -> None:
    encoded = encoder(tokenizer="spaces").texts(
        rows(train=ROWS[:100], test=ROWS[100:]), ("a", "b"), labelled=True
    )
    assert [len(encoded.splits[part]) for part in PARTS] == [90, 10, 100]
    assert first_texts(encoded, "test")[:2] == ["<unk>", "x <unk>"]


def test_pairs_that_are_too_long_are_left_out() -> None:
    pairs = [{"a": f"w{n % 50}", "b": "y " * (n % 4 + 1)} for n in range(200)]
    encoded = encoder(max_length=3).texts(rows(train=pairs), ("a", "b"), labelled=False)
    assert sum(len(encoded.splits[part]) for part in PARTS) == 150
    assert encoded.spec.target.max_length == 4


@pytest.mark.parametrize("labelled", [True, False])
def test_streaming_gives_every_row_once(labelled: bool) -> None:
    encoded = encoder().streamed_texts(
        rows(train=ROWS), ("a", "b"), labelled=labelled, rows_ahead=1000, buffer=16
    )
    assert all(isinstance(split, ExampleSplit) for split in encoded.splits.values())
    found = [first_texts(encoded, part) for part in PARTS]
    assert len(list(chain(*found))) == 200
    known = set(found[0])
    assert known <= {row["a"].strip() for row in ROWS}
    assert len(known) == len(found[0])


def test_streamed_batches_are_padded() -> None:
    encoded = encoder().streamed_texts(
        rows(train=ROWS), ("a", "b"), labelled=False, rows_ahead=100, buffer=1
    )
    batch = next(iter(make_loader(encoded.splits["train"], 16, shuffle=True, seed=0)))
    assert batch.target is not None
    assert batch.target_lengths is not None
    assert encoded.spec.target.vocabulary is not None
    assert batch.target.shape == (16, 2)
    assert set(batch.target[:, 1].tolist()) == {encoded.spec.target.vocabulary.end}
    assert encoded.spec.target.max_length == 11


def test_own_parts_are_streamed() -> None:
    encoded = encoder(tokenizer="spaces").streamed_texts(
        rows(train=ROWS[:100], val=ROWS[100:105], test=ROWS[105:112]),
        ("a", "b"),
        labelled=True,
        rows_ahead=100,
        buffer=1,
    )
    assert [len(first_texts(encoded, part)) for part in PARTS] == [100, 5, 7]


def test_streaming_refuses_empty_parts() -> None:
    with pytest.raises(DataError, match="no row is left for the part"):
        encoder().streamed_texts(
            rows(train=ROWS[:2]), ("a", "b"), labelled=True, rows_ahead=10, buffer=1
        )


def test_a_language_model_reads_the_rows_as_lines() -> None:
    lines = [{"a": f"line {n % 3}"} for n in range(100)]
    encoded = encoder(tokenizer="characters").language(rows(train=lines, test=lines[:10]), "a")
    split = encoded.splits["test"]
    vocabulary = encoded.spec.input.vocabulary
    assert isinstance(split, StreamSplit)
    assert vocabulary is not None
    text = "".join(vocabulary.tokens[index] for index in [split.input[0], *split.target])
    assert text == "\n".join(row["a"] for row in lines[:10])
    assert len(encoded.splits["val"]) == round(699 * 0.1) - 1
    assert len(encoded.splits["train"]) == 699 - round(699 * 0.1) - 1


def test_a_series_and_its_gaps() -> None:
    values: list[dict[str, Any]] = [{"a": n} for n in range(60)]
    encoded = encoder().forecast(rows(train=values), "a", window=4, horizon=2)
    assert encoded.spec.target.scaler is not None
    assert encoded.splits["test"].target.shape == (11, 2, 1)
    last = encoded.spec.target.scaler.inverse(encoded.splits["test"].target)[-1, :, 0]
    assert last.tolist() == pytest.approx([58, 59], abs=1e-4)
    values[7] = {"a": None}
    with pytest.raises(DataError, match=r"dataset\.column=a: row 8 of hub holds None"):
        encoder().forecast(rows(train=values), "a", window=4, horizon=2)
    dropped = encoder(missing="drop").forecast(rows(train=values), "a", window=4, horizon=2)
    assert len(dropped.splits["train"]) == len(encoded.splits["train"]) - 6
    values[7] = {"a": "x"}
    with pytest.raises(DataError, match="row 8 of hub holds 'x'"):
        encoder(missing="drop").forecast(rows(train=values), "a", window=4, horizon=2)


def test_the_hash_is_of_the_rows() -> None:
    first, again, other = (
        encoder().texts(rows(train=these), ("a", "b"), labelled=True).sha256
        for these in (ROWS, ROWS, ROWS[1:])
    )
    assert first == again != other
