from __future__ import annotations

import pytest

from rnnlab.compare.plots.style import new_figure
from rnnlab.diagnostics.plots.panels import columns_of, edges, first_of, labelled, note, panels


@pytest.mark.parametrize(
    ("count", "across", "columns"), [(1, 3, 1), (3, 3, 3), (4, 3, 2), (5, 3, 3), (8, 4, 4)]
)
def test_rows_are_as_even_as_they_can_be(count: int, across: int, columns: int) -> None:
    assert columns_of(count, across) == columns


def test_panels_that_are_not_needed_are_not_there() -> None:
    figure, axes = panels(5, width=2, height=2, across=3)
    assert len(axes) == len(figure.axes) == 5


def test_the_lowest_of_each_column_is_labelled() -> None:
    _, axes = panels(5, width=2, height=2, across=3, sharex=True)
    labelled(axes, 3, "x", "y")
    assert [each.get_xlabel() for each in axes] == ["", "", "x", "x", "x"]
    assert [each.get_ylabel() for each in axes] == ["y", "", "", "y", ""]
    shown = [each.xaxis.get_tick_params()["labelbottom"] for each in axes]
    assert shown == [False, False, True, True, True]


def test_edges_are_half_way() -> None:
    assert edges([3]) == [2.5, 3.5]
    assert edges([0, 1, 4]) == [-0.5, 0.5, 2.5, 5.5]


def test_a_long_note_has_lines_and_an_empty_one_is_none() -> None:
    figure = new_figure(4, 3)
    note(figure, "", "")
    assert figure.get_supxlabel() == ""
    note(figure, "word " * 30, "", first_of(2, 3, "gates"))
    lines = figure.get_supxlabel().split("\n")
    assert lines[-1] == "the first 2 of 3 gates"
    assert max(map(len, lines)) <= 60
