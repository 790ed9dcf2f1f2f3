from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch

from rnnlab.data.dataset import Part
from rnnlab.data.datasets.characters import Characters
from rnnlab.data.generation import PARTS
from rnnlab.data.split import StreamSplit
from rnnlab.errors import DataError
from rnnlab.testing import DatasetContract


def part(dataset: Characters, name: Part) -> StreamSplit:
    split = dataset.split(name)
    assert isinstance(split, StreamSplit)
    return split


@pytest.fixture
def text_file(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text("abab" * 20 + "ß" * 10 + "baß☃", encoding="utf-8")
    return path


def test_the_parts_are_the_text_in_its_order(text_file: Path) -> None:
    dataset = Characters(str(text_file), val_fraction=0.1, test_fraction=0.1)
    vocabulary = dataset.spec.input.vocabulary
    assert vocabulary is not None

    read = {
        name: "".join(
            vocabulary.tokens[index]
            for index in [*part(dataset, name).input[:1].tolist(), *part(dataset, name).target]
        )
        for name in PARTS
    }

    assert read["train"] == ("abab" * 20)[:76]
    assert read["val"] == "abab" + "<unk>" * 5
    assert read["test"] == "<unk>" * 5 + "ba<unk><unk>"


def test_the_target_is_the_input_one_step_later(text_file: Path) -> None:
    dataset = Characters(str(text_file))

    for name in PARTS:
        split = part(dataset, name)
        assert torch.equal(split.input[1:], split.target[:-1])
    assert dataset.spec.next_step
    assert dataset.spec.stream
    assert dataset.spec.aligned


def test_the_vocabulary_is_of_the_training_part(text_file: Path) -> None:
    vocabulary = Characters(
        str(text_file), val_fraction=0.1, test_fraction=0.1
    ).spec.input.vocabulary

    assert vocabulary is not None
    assert vocabulary.tokens == ("<unk>", "a", "b")


def test_without_a_path_it_reads_the_documentation_of_python() -> None:
    from pydoc_data.topics import topics

    dataset = Characters()
    total = sum(len(part(dataset, name)) + 1 for name in PARTS)

    assert total == sum(map(len, topics.values())) + len(topics) - 1
    assert len(part(dataset, "test")) == round(total * 0.05) - 1
    assert dataset.sha256() == Characters(split_seed=3).sha256()


def test_the_hash_is_of_the_text(text_file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("x" * 100)

    assert Characters(str(text_file)).sha256() != Characters(str(other)).sha256()


@pytest.mark.parametrize("content", [None, b"\xff\xfe\xff", b"short"])
def test_a_file_that_is_no_long_text_is_refused(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(DataError, match=r"dataset\.path="):
        Characters(str(path))


@pytest.mark.usefixtures("folder")
class TestCharacters(DatasetContract):
    folder: Path
    reads = True
    other_values: ClassVar = {"path": None}
    unseen_arguments: ClassVar = {"split_seed": "parts follow one another in the text"}

    def make_dataset(self, **arguments: Any) -> Characters:
        return self.read("abcd", **arguments)

    def make_other_dataset(self) -> Characters:
        return self.read("bcda")

    def read(self, alphabet: str, **arguments: Any) -> Characters:
        path = self.folder / "text.txt"
        path.write_text("".join(alphabet[n * n % 7 % 4] + str(n) for n in range(100)))
        return Characters(**{"path": str(path), **arguments})
