import csv
import hashlib
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch

from rnnlab.data.dataset import Part
from rnnlab.data.datasets.csv_text import CsvText
from rnnlab.data.spec import DataSpec
from rnnlab.errors import DataError
from rnnlab.testing import DatasetContract


def write(folder: Path, rows: list[tuple[str, str]], encoding: str = "utf-8") -> str:
    file = folder / "reviews.csv"
    with file.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream).writerows([("review", "stars"), *rows])
    return str(file)


def reviews(count: int = 40) -> list[tuple[str, str]]:
    return [
        (f'it was "good", really\nno. {i}', "good") if i % 4 else (f"schlecht é {i}", "bad")
        for i in range(count)
    ]


def texts_of(dataset: CsvText, part: Part) -> list[str]:
    vocabulary, split = dataset.spec.input.vocabulary, dataset.split(part)
    assert vocabulary is not None
    assert split.lengths is not None
    return [
        "".join(vocabulary.decode(ids[:length].tolist()))
        for ids, length in zip(split.input, split.lengths, strict=True)
    ]


def test_parts_keep_the_proportions_of_the_classes(tmp_path: Path) -> None:
    dataset = CsvText(write(tmp_path, reviews()), "review", "stars")
    classes = dataset.spec.target.vocabulary
    assert classes is not None
    assert classes.tokens == ("bad", "good")
    counts = {
        part: torch.bincount(dataset.split(part).target, minlength=2).tolist()
        for part in ("train", "val", "test")
    }
    assert counts == {"train": [7, 21], "val": [1, 3], "test": [2, 6]}


def test_texts_come_back_from_their_tokens(tmp_path: Path) -> None:
    rows = reviews()
    dataset = CsvText(
        write(tmp_path, rows, "utf-8-sig"), "review", "stars", tokenizer="characters", min_count=1
    )
    texts = texts_of(dataset, "train")
    assert len(set(texts)) == 28
    assert set(texts) <= {text for text, _ in rows}


def test_only_split_seed_moves_rows(tmp_path: Path) -> None:
    path = write(tmp_path, reviews())
    first, again, other = (
        CsvText(path, "review", "stars", split_seed=seed, min_count=1, tokenizer="characters")
        for seed in (0, 0, 1)
    )
    assert torch.equal(first.split("test").input, again.split("test").input)
    assert not torch.equal(first.split("test").input, other.split("test").input)


def test_copies_of_a_text_are_in_one_part(tmp_path: Path) -> None:
    dataset = CsvText(
        write(tmp_path, reviews() * 3), "review", "stars", tokenizer="characters", min_count=1
    )
    train, test = (texts_of(dataset, part) for part in ("train", "test"))
    assert (len(train), len(test)) == (28 * 3, 8 * 3)
    assert not set(train) & set(test)


def test_hash_and_spec(tmp_path: Path) -> None:
    path = write(tmp_path, reviews())
    dataset = CsvText(path, "review", "stars")
    assert dataset.sha256() == hashlib.sha256(Path(path).read_bytes()).hexdigest()
    assert DataSpec.from_dict(dataset.spec.to_dict()) == dataset.spec
    assert dataset.spec.input.tokenizer == "words"


def test_rows_that_lack_a_value_are_named_or_dropped(tmp_path: Path) -> None:
    path = write(tmp_path, [*reviews(), ("", "good"), ("fine", " ")])
    # Thirty reviews of the forty take two lines each.
    with pytest.raises(
        DataError, match=r"2 of 42 rows lack .* line 72 \(review\), line 73 \(stars"
    ):
        CsvText(path, "review", "stars")
    dataset = CsvText(path, "review", "stars", missing="drop")
    assert sum(len(dataset.split(part)) for part in ("train", "val", "test")) == 40


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ({"text": "reviw"}, r"dataset\.text=reviw: .*did you mean review\?; valid: review, stars"),
        ({"label": "star"}, r"dataset\.label=star: .*did you mean stars\?"),
    ],
)
def test_a_wrong_column_is_named(tmp_path: Path, column: dict[str, str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        CsvText(write(tmp_path, reviews()), **{"text": "review", "label": "stars", **column})


def test_too_few_rows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="too few"):
        CsvText(write(tmp_path, reviews(4)), "review", "stars")


@pytest.mark.usefixtures("folder")
class TestCsvText(DatasetContract):
    folder: Path
    reads = True
    other_values: ClassVar = {"vocabulary_size": 5, "max_length": 2}
    unseen_arguments: ClassVar = {
        "path": "make_other_dataset reads another file",
        "text": "the file has but one column of texts",
        "label": "the file has but one column of classes",
        "missing": "nothing is missing",
        "delimiter": "the file has but one",
    }

    def make_dataset(self, **arguments: Any) -> CsvText:
        return self.read(reviews(), **arguments)

    def make_other_dataset(self) -> CsvText:
        return self.read([(f"{text} indeed", label) for text, label in reviews()])

    def read(self, rows: list[tuple[str, str]], **arguments: Any) -> CsvText:
        given = {"text": "review", "label": "stars", "min_count": 1, **arguments}
        return CsvText(write(self.folder, rows), **given)
