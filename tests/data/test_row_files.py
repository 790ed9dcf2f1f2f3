import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.data.row_files import read_rows, write_rows
from rnnlab.errors import ConfigError, DataError, StorageError

TEXT = st.text(
    st.one_of(st.sampled_from(',"\n\r é漢\u2028'), st.characters(exclude_categories=["Cs"])),
    max_size=8,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None, max_examples=40)
@given(rows=st.lists(st.dictionaries(TEXT, JSON, max_size=4), min_size=1, max_size=5))
def test_json_lines_come_back(rows: list[dict[str, object]], tmp_path_factory) -> None:
    file = tmp_path_factory.mktemp("rows") / "a.jsonl"
    write_rows(file, rows)
    assert read_rows(file) == rows


@settings(deadline=None, max_examples=40)
@given(rows=st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=5))
def test_csv_texts_come_back(rows: list[tuple[str, str]], tmp_path_factory) -> None:
    file = tmp_path_factory.mktemp("rows") / "a.csv"
    plain = [{"a": first, "b": second} for first, second in rows]
    write_rows(file, plain)
    assert read_rows(file) == plain


def test_csv_has_the_columns_of_all_rows_and_lists_as_json(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    write_rows(file, [{"a": 1, "b": ["é", 2.5]}, {"c": True, "a": None}])
    assert file.read_text(encoding="utf-8").splitlines() == ["a,b,c", '1,"[""é"", 2.5]",', ",,true"]
    assert json.loads(read_rows(file)[0]["b"]) == ["é", 2.5]


def test_rows_know_their_number_and_line(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('a,b\n"x\ny",1\nz,2\n')
    (tmp_path / "a.jsonl").write_text('{"a": 1}\n\n{"a": 2}\n')
    found = [
        [(row.number, row.line) for row in read_rows(tmp_path / f"a.{kind}")]
        for kind in ("csv", "jsonl")
    ]
    assert found == [[(1, 2), (2, 4)], [(1, 1), (2, 3)]]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", "x", r"--input=.*a\.txt: unknown kind of file; valid: \.csv, \.jsonl"),
        ("a.jsonl", '{"a": 1}\n{"a": \n', r"line 2 is no JSON \(Expecting value at character 7\)"),
        ("a.jsonl", "[1]\n", r"line 1 is no JSON object"),
        ("a.csv", "1,2\n3,4\n", r"must name the columns"),
        ("a.csv", "a,b\n3\n", r"line 2 \(1 cells\)"),
    ],
)
def test_what_cannot_be_read_is_named(
    tmp_path: Path, name: str, content: str, message: str
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(ConfigError, match=message):
        read_rows(tmp_path / name)


def test_a_missing_file_and_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"--input=.*no such file"):
        read_rows(tmp_path / "a.csv")
    with pytest.raises(StorageError, match=r"--output=.*cannot be written"):
        write_rows(tmp_path / "nowhere" / "a.csv", [{"a": 1}])
