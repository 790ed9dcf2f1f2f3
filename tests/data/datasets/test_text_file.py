import hashlib
from pathlib import Path
from typing import Any, ClassVar

import pytest

from rnnlab.data.dataset import Part
from rnnlab.data.datasets.text_file import TextFile
from rnnlab.data.spec import DataSpec
from rnnlab.errors import DataError
from rnnlab.testing import DatasetContract

TEXT = "The cat saw the dog.\nThe dog saw the cat!\n" * 10


def write(folder: Path, content: bytes) -> str:
    file = folder / "novel.txt"
    file.write_bytes(content)
    return str(file)


def read_back(dataset: TextFile, part: Part) -> list[str]:
    vocabulary, split = dataset.spec.input.vocabulary, dataset.split(part)
    assert vocabulary is not None
    return [vocabulary.tokens[index] for index in [*split.input[:1].tolist(), *split.target]]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_the_parts_are_the_text_in_its_order(tmp_path: Path, line_end: str) -> None:
    dataset = TextFile(write(tmp_path, TEXT.replace("\n", line_end).encode("utf-8-sig")))
    parts: tuple[Part, ...] = ("train", "val", "test")
    assert "".join("".join(read_back(dataset, part)) for part in parts) == TEXT


def test_words(tmp_path: Path) -> None:
    dataset = TextFile(write(tmp_path, TEXT.encode()), tokenizer="words")
    assert read_back(dataset, "train")[:6] == ["the", "cat", "saw", "the", "dog", "."]
    assert dataset.spec.input.tokenizer == "words"


def test_hash_and_spec(tmp_path: Path) -> None:
    path = write(tmp_path, TEXT.encode())
    dataset = TextFile(path)
    assert dataset.sha256() == hashlib.sha256(TEXT.encode()).hexdigest()
    assert DataSpec.from_dict(dataset.spec.to_dict()) == dataset.spec


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "empty"), (b"caf\xe9", "not UTF-8"), (b"abcdef", "too short")],
)
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(DataError, match=rf"dataset\.path=.*{message}"):
        TextFile(write(tmp_path, content))


@pytest.mark.usefixtures("folder")
class TestTextFile(DatasetContract):
    folder: Path
    reads = True
    other_values: ClassVar = {"vocabulary_size": 4, "min_count": 30}
    unseen_arguments: ClassVar = {
        "path": "make_other_dataset reads another file",
        "split_seed": "parts follow one another in the text",
    }

    def make_dataset(self, **arguments: Any) -> TextFile:
        return self.read("cat", **arguments)

    def make_other_dataset(self) -> TextFile:
        return self.read("cow")

    def read(self, animal: str, **arguments: Any) -> TextFile:
        text = " ".join(f"{animal} {n} saw {n * n}." for n in range(60))
        return TextFile(write(self.folder, text.encode()), **arguments)
