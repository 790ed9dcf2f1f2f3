import csv
import gc
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from rnnlab.data.datasets.huggingface import HuggingFace
from rnnlab.data.loading import make_loader
from rnnlab.data.spec import DataSpec
from rnnlab.data.split import ExampleSplit, StreamSplit, TensorSplit
from rnnlab.errors import ConfigError, DataError, MissingPackage
from rnnlab.testing import DatasetContract

PAIR = {"text": None, "label": None, "source": "review", "target": "stars"}
SERIES = {"text": None, "label": None, "column": "price"}

pytest.importorskip("datasets")
# The package leaves CSV files open; they are closed here, before the next module.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")


@pytest.fixture(autouse=True, scope="module")
def collect_open_files() -> Iterator[None]:
    yield
    gc.collect()


@pytest.fixture
def path(tmp_path: Path) -> str:
    file = tmp_path / "a.csv"
    rows = [(f"good, {n}", "yes" if n % 2 else "no", n * n) for n in range(60)]
    with file.open("w", newline="") as stream:
        csv.writer(stream).writerows([("review", "stars", "price"), *rows])
    return str(file)


@pytest.mark.parametrize(
    ("columns", "kind", "described"),
    [
        ({"text": "review", "label": "stars"}, TensorSplit, ("a sequence of", "one of 2 tokens")),
        ({"source": "review", "target": "stars"}, TensorSplit, ("a sequence of", "a sequence of")),
        ({"column": "price"}, TensorSplit, ("a sequence of 1 reals", "1 reals")),
        ({"text": "review"}, StreamSplit, ("a sequence of", "a sequence of")),
        (
            {"text": "review", "label": "stars", "streaming": True},
            ExampleSplit,
            ("a sequence of", "one of 2 tokens"),
        ),
    ],
)
def test_the_columns_named_make_the_mapping(
    path: str, columns: dict[str, Any], kind: type, described: tuple[str, str]
) -> None:
    dataset = HuggingFace(path=path, window=3, **columns)
    spec = dataset.spec
    assert isinstance(dataset.split("train"), kind)
    assert spec.input.describe().startswith(described[0])
    assert spec.target.describe().startswith(described[1])
    assert DataSpec.from_dict(spec.to_dict()) == spec
    assert dataset.sha256() == hashlib.sha256(Path(path).read_bytes()).hexdigest()
    batch = next(iter(make_loader(dataset.split("train"), 4, shuffle=True, seed=0)))
    assert len(batch) == 4
    assert dataset.baselines is None


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_worker_processes_share_the_rows(path: str) -> None:
    dataset = HuggingFace(path=path, text="review", label="stars", streaming=True, min_count=1)

    def texts(num_workers: int) -> list[str]:
        loader = make_loader(
            dataset.split("train"), 4, shuffle=True, seed=0, num_workers=num_workers
        )
        return sorted(str(ids) for batch in loader for ids in batch.input.tolist())

    alone, together = texts(0), texts(2)
    assert len(set(alone)) > 30
    assert together == alone


@pytest.mark.parametrize(
    "columns", [{}, {"label": "stars"}, {"text": "review", "column": "price"}, {"source": "review"}]
)
def test_columns_that_make_no_mapping(path: str, columns: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="make no mapping; valid: text and label, source and"):
        HuggingFace(path=path, **columns)


def test_either_a_name_or_a_path() -> None:
    for both in ({}, {"name": "x/y", "path": "a.csv"}):
        with pytest.raises(ConfigError, match="name of a dataset of the hub or, instead, the path"):
            HuggingFace(text="review", **both)


def test_what_cannot_be_streamed(path: str) -> None:
    with pytest.raises(ConfigError, match=r"dataset\.streaming=True: column alone is one long"):
        HuggingFace(path=path, column="price", streaming=True)


def test_a_wrong_column_is_named(path: str) -> None:
    with pytest.raises(DataError, match=r"dataset\.label=star: .*did you mean stars\?"):
        HuggingFace(path=path, text="review", label="star")


def test_the_missing_package_is_named(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(MissingPackage, match=r"pip install 'rnnlab\[hf\]'"):
        HuggingFace(path=path, text="review", label="stars")


@pytest.mark.usefixtures("folder")
class TestHuggingFace(DatasetContract):
    folder: Path
    reads = True
    streaming = False
    other_values: ClassVar = {
        "text": "title",
        "label": "kind",
        "source": "title",
        "target": "title",
        "column": "cost",
        "rows_ahead": 20,
        "vocabulary_size": 5,
        "max_length": 2,
        "streaming": True,
    }
    beside: ClassVar = {
        "source": PAIR,
        "target": PAIR,
        "column": SERIES,
        "window": SERIES,
        "horizon": SERIES,
        "rows_ahead": {"streaming": True},
        "buffer": {"streaming": True},
    }
    unseen_arguments: ClassVar = {
        "name": "the hub is out of reach",
        "subset": "the hub is out of reach",
        "own_splits": "a file has none",
        "path": "make_other_dataset reads another file",
        "missing": "nothing is missing",
    }

    def make_dataset(self, **arguments: Any) -> HuggingFace:
        return self.read("good", **arguments)

    def make_other_dataset(self) -> HuggingFace:
        return self.read("fine")

    def read(self, word: str, **arguments: Any) -> HuggingFace:
        file = self.folder / f"{word}.jsonl"
        rows = [
            {
                "review": f"{word} {n} a",
                "title": f"{word} {n * n}",
                "stars": "yes" if n % 2 else "no",
                "kind": "new" if n % 3 else "old",
                "price": n * n,
                "cost": n % 7,
            }
            for n in range(60)
        ]
        file.write_text("\n".join(map(json.dumps, rows)))
        named = {"text": "review", "label": "stars", "min_count": 1, "streaming": self.streaming}
        return HuggingFace(path=str(file), **{**named, **arguments})


class TestHuggingFaceStreaming(TestHuggingFace):
    streaming = True
    # The same arguments of the same class; those that streaming alone has are tried above.
    test_every_argument_changes_something = None
    test_wrong_values_are_refused = None
