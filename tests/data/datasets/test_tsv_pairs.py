import hashlib
from pathlib import Path
from typing import Any, ClassVar

import pytest

from rnnlab.data.dataset import Part
from rnnlab.data.datasets.tsv_pairs import TsvPairs
from rnnlab.data.spec import DataSpec
from rnnlab.data.table import DelimiterName
from rnnlab.errors import ConfigError, DataError
from rnnlab.testing import DatasetContract

PARTS: tuple[Part, ...] = ("train", "val", "test")


def write(folder: Path, lines: list[str]) -> str:
    file = folder / "pairs.tsv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(file)


def lines(count: int = 20) -> list[str]:
    return [f'{chr(97 + i)} "é\t{chr(65 + i)} x\trest {i}' for i in range(count)]


def read_back(dataset: TsvPairs, part: Part) -> list[tuple[str, str]]:
    source, target = dataset.spec.input.vocabulary, dataset.spec.target.vocabulary
    assert source is not None
    assert target is not None
    split = dataset.split(part)
    return [
        ("".join(source.decode(read.tolist())), "".join(target.decode(written.tolist())))
        for read, written in zip(split.input, split.target, strict=True)
    ]


def characters(path: str, **arguments: object) -> TsvPairs:
    return TsvPairs(
        path,
        source_tokenizer="characters",
        target_tokenizer="characters",
        min_count=1,
        **arguments,
    )


def test_the_first_two_columns_are_the_pairs(tmp_path: Path) -> None:
    dataset = characters(write(tmp_path, lines()))
    expected = {tuple(line.split("\t")[:2]) for line in lines()}
    found = read_back(dataset, "train")
    assert len(found) == 16
    assert set(found) <= expected
    assert (dataset.spec.input.name, dataset.spec.target.name) == ("source", "target")


@pytest.mark.parametrize(("delimiter", "sign"), [("tab", "\t"), ("semicolon", ";")])
def test_named_columns(tmp_path: Path, delimiter: DelimiterName, sign: str) -> None:
    rows = [("n", "en", "de"), *[(str(i), f"y{i}", f"x{i}") for i in range(20)]]
    path = write(tmp_path, [sign.join(row) for row in rows])
    dataset = TsvPairs(path, source="de", target="en", delimiter=delimiter, min_count=1)
    assert set(read_back(dataset, "train")) < {(f"x{i}", f"y{i}") for i in range(20)}
    assert (dataset.spec.input.name, dataset.spec.target.name) == ("de", "en")


def test_pairs_of_one_source_are_in_one_part(tmp_path: Path) -> None:
    rows = [f"{chr(97 + i % 20)}\t{chr(97 + i)}" for i in range(60)]
    dataset = characters(write(tmp_path, rows))
    assert sum(len(dataset.split(part)) for part in PARTS) == 60
    found = {part: {read for read, _ in read_back(dataset, part)} - {"<unk>"} for part in PARTS}
    assert found["train"]
    assert not found["train"] & found["test"]
    assert not found["train"] & found["val"]


def test_long_pairs_are_left_out_and_counted(tmp_path: Path) -> None:
    dataset = characters(
        write(tmp_path, [*lines(), "a" * 9 + "\tb\t", "a\t" + "b" * 9 + "\t"]), max_length=8
    )
    assert dataset.left_out == 2
    assert dataset.spec.target.max_length == 4


def test_pairs_that_lack_a_side_are_named_or_dropped(tmp_path: Path) -> None:
    path = write(tmp_path, [*lines(), "a\t\tx", "\tb\tx"])
    with pytest.raises(
        DataError, match=r"2 of 22 pairs lack a side: line 21 \(target\), line 22 \(source\)"
    ):
        TsvPairs(path)
    dataset = TsvPairs(path, missing="drop")
    assert sum(len(dataset.split(part)) for part in PARTS) == 20


def test_what_is_no_table_of_pairs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"dataset\.target: name both"):
        TsvPairs(write(tmp_path, lines()), source="de")
    with pytest.raises(DataError, match="one cell only; are the sides separated by a tab"):
        TsvPairs(write(tmp_path, ["a,b"] * 20))
    with pytest.raises(DataError, match=r"1 of 21 rows .* line 21 \(1 cells\)"):
        TsvPairs(write(tmp_path, [*lines(), "alone"]))
    with pytest.raises(DataError, match=r"dataset\.source=d: .*did you mean de"):
        TsvPairs(write(tmp_path, ["de\ten", *["a\tb"] * 20]), source="d", target="en")


def test_hash_and_spec(tmp_path: Path) -> None:
    path = write(tmp_path, lines())
    dataset = TsvPairs(path)
    assert dataset.sha256() == hashlib.sha256(Path(path).read_bytes()).hexdigest()
    assert DataSpec.from_dict(dataset.spec.to_dict()) == dataset.spec


def test_a_limit_that_no_pair_keeps_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, lines())
    with pytest.raises(DataError, match=r"dataset\.max_length=1: all 20 pairs of .* are longer"):
        characters(path, max_length=1)


@pytest.mark.usefixtures("folder")
class TestTsvPairs(DatasetContract):
    folder: Path
    reads = True
    beside: ClassVar = {"source": {"target": "1"}, "target": {"source": "0"}}
    other_values: ClassVar = {
        "source": "2",
        "target": "2",
        "vocabulary_size": 8,
        "max_length": 4,
        "quoted": True,
    }
    unseen_arguments: ClassVar = {
        "path": "make_other_dataset reads another file",
        "missing": "nothing is missing",
        "delimiter": "the file has but one",
    }

    def make_dataset(self, **arguments: Any) -> TsvPairs:
        return self.read("", **arguments)

    def make_other_dataset(self) -> TsvPairs:
        return self.read("e")

    def read(self, ending: str, **arguments: Any) -> TsvPairs:
        rows = [f'"{n} {"a " * (n % 3)}"\tx{n}{ending} y\tz{n}' for n in range(20)]
        path = write(self.folder, ["0\t1\t2", *rows])
        named = {"source": "0", "target": "1", "min_count": 1}
        return TsvPairs(path, **{**named, **arguments})
