import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.data.table import DELIMITERS, DelimiterName, parse_table
from rnnlab.errors import DataError

CELL = st.text(
    st.one_of(st.sampled_from(',;|\t"\n\r é漢\u2028'), st.characters(exclude_categories=["Cs"])),
    max_size=6,
)


@settings(deadline=None, max_examples=60)
@given(
    rows=st.lists(st.tuples(CELL, CELL), min_size=1, max_size=8),
    delimiter=st.sampled_from(list(DELIMITERS)),
    line_end=st.sampled_from(["\n", "\r\n"]),
)
def test_any_cells_survive_writing_and_reading(
    rows: list[tuple[str, str]], delimiter: DelimiterName, line_end: str
) -> None:
    stream = io.StringIO(newline="")
    writer = csv.writer(
        stream, delimiter=DELIMITERS[delimiter], lineterminator=line_end, quoting=csv.QUOTE_ALL
    )
    writer.writerows([("a", "b"), *rows])
    table = parse_table(stream.getvalue(), "t.csv", delimiter=delimiter)
    assert table.header == ("a", "b")
    assert table.rows == [list(row) for row in rows]


def test_line_numbers_count_the_lines_inside_cells() -> None:
    table = parse_table('a,b\r\n1,"x\r\ny"\r\n\r\n2,z\r\n', "t.csv")
    assert table.rows == [["1", "x\r\ny"], ["2", "z"]]
    assert table.lines == [2, 5]


def test_a_blank_line_is_an_empty_cell_of_a_single_column_but_not_at_the_end() -> None:
    table = parse_table("\na\n1\n\n3\n\n", "t.csv")
    assert table.rows == [["1"], [""], ["3"]]
    assert table.lines == [3, 4, 5]


def test_rows_of_other_lengths_are_refused_with_their_lines() -> None:
    with pytest.raises(DataError, match=r"2 of 4 rows .* 2 cells .*line 3 \(1 .*line 5 \(3 cells"):
        parse_table("a,b\n1,2\n3\n4,5\n6,7,8\n", "t.csv")


def test_a_quote_that_never_ends_is_refused_with_the_line_where_its_row_begins() -> None:
    with pytest.raises(DataError, match="row that begins in line 3"):
        parse_table('a,b\n1,2\n3,"4\n5,6\n', "t.csv")


def test_quotes_can_be_signs_like_others() -> None:
    table = parse_table('say "hi"\t"x\n', "t.tsv", delimiter="tab", header=False, quoted=False)
    assert table.header == ("1", "2")
    assert table.rows == [['say "hi"', '"x']]


@pytest.mark.parametrize("text", ["a,b\n", "a\n\n"])
def test_a_header_alone_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="no rows below its header"):
        parse_table(text, "t.csv")


def test_a_column_that_is_not_there_names_the_nearest_and_all() -> None:
    table = parse_table("price, sales\n1,2\n", "t.csv")
    assert table.column("sales", key="dataset.column") == ["2"]
    with pytest.raises(
        DataError,
        match=r"^dataset\.column=prise: no such column in t\.csv; did you mean price\?; "
        r"valid: price, sales$",
    ):
        table.column("prise", key="dataset.column")


def test_a_column_that_is_there_twice_is_refused() -> None:
    with pytest.raises(DataError, match="2 columns"):
        parse_table("a,a\n1,2\n", "t.csv").column("a", key="dataset.column")


def test_a_missing_header_and_a_wrong_delimiter_are_suspected() -> None:
    with pytest.raises(DataError, match="first line must name the columns"):
        parse_table("1,2\n3,4\n", "t.csv").column("a", key="dataset.column")
    with pytest.raises(DataError, match=r"dataset\.delimiter=semicolon"):
        parse_table("a;b\n3;4\n", "t.csv").column("a", key="dataset.column")


def test_long_cells_are_read_and_the_limit_of_the_csv_module_is_restored() -> None:
    limit = csv.field_size_limit()
    table = parse_table(f"a\n{'x' * 200_000}\n", "t.csv")
    assert len(table.rows[0][0]) == 200_000
    assert csv.field_size_limit() == limit


def test_keep_selects_rows_with_their_lines() -> None:
    table = parse_table("a\n1\n2\n3\n", "t.csv").keep([True, False, True])
    assert (table.rows, table.lines) == ([["1"], ["3"]], [2, 4])
