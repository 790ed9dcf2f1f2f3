from math import isnan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.data.numbers import number_column, parse_number
from rnnlab.data.table import parse_table
from rnnlab.errors import DataError


@settings(deadline=None, max_examples=50)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_number_survives(number: float) -> None:
    assert parse_number(f" {number!r} ") == number


@pytest.mark.parametrize("cell", ["", " ", "NA", "nan", "n/a", ".", "?", "Null"])
def test_signs_of_a_missing_number(cell: str) -> None:
    number = parse_number(cell)
    assert number is not None
    assert isnan(number)


@pytest.mark.parametrize("cell", ["x", "inf", "1e999", "1_000", "1,5", "12 %"])
def test_what_is_no_number(cell: str) -> None:
    assert parse_number(cell) is None


def test_cells_that_are_no_numbers_are_named_by_line() -> None:
    table = parse_table("a\n1\nx\nNA\ny\n", "t.csv")
    with pytest.raises(
        DataError, match=r"^dataset\.column=a: 2 of 4 cells .* line 3 \('x'\), line 5 \('y'\)$"
    ):
        number_column(table, "a", key="dataset.column")
