from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch

from rnnlab.cells.gru import GRU
from rnnlab.data.dataset import Part
from rnnlab.data.datasets import tweets
from rnnlab.data.datasets.tweets import Tweets
from rnnlab.data.datasets.tweets_text import TweetsText
from rnnlab.data.generation import PARTS
from rnnlab.models.recurrent_backbone import RecurrentBackbone
from rnnlab.tasks.synced_many_to_many import SyncedManyToMany
from rnnlab.testing import DatasetContract

ARGUMENTS = {"vocabulary_size": 500, "max_length": 12, "test_fraction": 0.2, "split_seed": 3}


@pytest.fixture(scope="module")
def labelled() -> Tweets:
    return Tweets(**ARGUMENTS)


@pytest.fixture(scope="module")
def texts() -> TweetsText:
    return TweetsText(**ARGUMENTS)


def rows(ids: torch.Tensor, lengths: torch.Tensor) -> list[list[int]]:
    pairs = zip(ids.tolist(), lengths.tolist(), strict=True)
    return [row[:length] for row, length in pairs]


def read_again(dataset: TweetsText, part: Part) -> list[list[int]]:
    """Put first inputs before the targets: the whole texts."""
    split = dataset.split(part)
    assert split.lengths is not None
    first = [[row[0]] for row in split.input.tolist()]
    later = rows(split.target, split.lengths)
    return [a + b for a, b in zip(first, later, strict=True)]


def test_vocabulary_and_partition_are_those_of_the_labelled_tweets(
    labelled: Tweets, texts: TweetsText
) -> None:
    assert texts.spec.input.vocabulary == texts.spec.target.vocabulary
    assert texts.spec.input.vocabulary == labelled.spec.input.vocabulary
    assert texts.sha256() == labelled.sha256()
    for part in PARTS:
        split = labelled.split(part)
        assert split.lengths is not None
        whole = [row for row in rows(split.input, split.lengths) if len(row) > 1]
        assert read_again(texts, part) == whole


def test_no_message_of_the_test_part_is_trained_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "corpus.csv"
    labels = ["neutral", "positive"]
    lines = [f"{labels[i % 2]},1,tweet number word{i}" for i in range(60)]
    copies = [f"neutral,1,RT @you Tweet number WORD{i} https://t.co/{i}" for i in range(60)]
    file.write_text("\n".join(["sentiment,confidence,text", *lines, *copies]))
    monkeypatch.setattr(tweets, "package_file", lambda *_, **__: file)
    dataset = TweetsText(min_count=1, test_fraction=0.3, val_fraction=0.2)
    vocabulary = dataset.spec.input.vocabulary
    assert vocabulary is not None
    trained = {
        vocabulary.tokens[index] for row in read_again(dataset, "train") for index in row
    } - {"tweet", "number"}
    assert len(trained) == 30
    # A word of another part is in no training text, so it is not in the vocabulary at all.
    for part, count in (("val", 12), ("test", 18)):
        read = read_again(dataset, part)
        assert len(read) == count
        assert all(row[-1] == vocabulary.unknown for row in read)


def test_a_language_model_takes_it_and_padding_does_not_count(texts: TweetsText) -> None:
    task = SyncedManyToMany(embedding_size=4)
    assert task.refusal(texts.spec) is None
    model = task.build_model(
        texts.spec, lambda size, **_: RecurrentBackbone(size, lambda n: GRU(n, hidden_size=4))
    )
    batch = texts.split("val").batch(torch.arange(8))
    assert batch.lengths is not None
    loss = task.loss(model(batch), batch)
    assert int(loss.count) == int(batch.lengths.sum())
    assert texts.baselines == ("unigram", "bigram")


@pytest.mark.usefixtures("folder")
class TestTweetsText(DatasetContract):
    folder: Path
    reads = True
    other_values: ClassVar = {"vocabulary_size": 5, "max_length": 2}

    def make_dataset(self, **arguments: Any) -> TweetsText:
        return self.read("tweet", **arguments)

    def make_other_dataset(self) -> TweetsText:
        return self.read("message")

    def read(self, word: str, **arguments: Any) -> TweetsText:
        # The corpus itself takes a second to read, and a contract does so dozens of times.
        file = self.folder / "corpus.csv"
        labels = ["neutral", "positive"]
        lines = [f"{labels[n % 2]},1,{word} number word{n}" for n in range(40)]
        file.write_text("\n".join(["sentiment,confidence,text", *lines]))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tweets, "package_file", lambda *_, **__: file)
            return TweetsText(**{"min_count": 1, **arguments})
