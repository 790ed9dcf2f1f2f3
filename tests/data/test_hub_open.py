import gc
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from rnnlab.data.hub_open import open_file, open_hub
from rnnlab.data.hub_rows import HubRows, HubTexts
from rnnlab.errors import DataError

pytest.importorskip("datasets")
# The package leaves CSV files open; they are closed here, before the next test.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")


@pytest.fixture(autouse=True)
def collect_open_files() -> Iterator[None]:
    yield
    gc.collect()


def rows_of(path: Path) -> HubRows:
    return open_file(str(path))


def write(folder: Path, kind: str) -> Path:
    file = folder / f"a.{kind}"
    rows = [{"text": "NA", "label": 1}, {"text": 'say "é", no', "label": 0}]
    if kind == "parquet":
        import pyarrow
        import pyarrow.parquet

        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), file)
    elif kind == "csv":
        file.write_text('text,label\nNA,1\n"say ""é"", no",0\n', encoding="utf-8")
    elif kind == "tsv":
        file.write_text('text\tlabel\nNA\t1\n"say ""é"", no"\t0\n', encoding="utf-8")
    elif kind == "json":
        file.write_text(json.dumps(rows))
    else:
        file.write_text("\n".join(map(json.dumps, rows)))
    return file


@pytest.mark.parametrize("kind", ["csv", "tsv", "json", "jsonl", "parquet"])
def test_local_files(tmp_path: Path, kind: str) -> None:
    rows = rows_of(write(tmp_path, kind))
    assert rows.columns == ("text", "label")
    assert list(rows.parts) == ["train"]
    pairs = HubTexts(rows, "train", ("text", "label"), "error")
    assert list(pairs) == list(pairs) == [("NA", "1"), ('say "é", no', "0")]
    assert rows.sha256 is not None


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.parquet", b"nothing of the kind", "the package datasets cannot read it"),
        ("a.jsonl", b'{"a": ', "the package datasets cannot read it"),
        ("a.txt", b"x", r"unknown kind of file; valid: \.csv"),
        ("a.csv", b"", "a.csv: "),
    ],
)
def test_what_cannot_be_read_is_one_line(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        rows = rows_of(tmp_path / name)
        list(rows.read("train"))
    assert "\n" not in str(caught.value)


def test_a_missing_file_names_the_nearest(tmp_path: Path) -> None:
    write(tmp_path, "csv")
    with pytest.raises(DataError, match=r"no such file; did you mean .*a\.csv"):
        rows_of(tmp_path / "aa.csv")


def test_a_dataset_that_cannot_be_reached_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    def offline(*args: object, **options: object) -> None:
        raise ConnectionError("Couldn't reach 'x/y' on the Hub\nsecond line")

    monkeypatch.setattr(datasets, "load_dataset", offline)
    with pytest.raises(DataError, match=r"dataset\.name=x/y: .*\(ConnectionError: .* Hub\)$"):
        open_hub("x/y", None, streaming=False, own_splits=True)


def test_parts_of_a_dataset_of_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    table = datasets.Dataset.from_dict(
        {"text": ["a"], "label": [1]},
        features=datasets.Features(
            {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["no", "yes"])}
        ),
    )
    hub = datasets.DatasetDict({"train": table, "dev": table, "unsupervised": table})
    monkeypatch.setattr(datasets, "load_dataset", lambda *args, **options: hub)
    rows = open_hub("x/y", None, streaming=False, own_splits=True)
    assert list(rows.parts) == ["train", "val"]
    assert list(HubTexts(rows, "val", ("text", "label"), "error")) == [("a", "yes")]
    assert list(open_hub("x/y", None, streaming=False, own_splits=False).parts) == ["train"]
    del hub["train"]
    with pytest.raises(DataError, match="no split named train, only: dev, unsupervised"):
        open_hub("x/y", None, streaming=False, own_splits=True)
