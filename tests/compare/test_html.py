from __future__ import annotations

from rnnlab.compare.html import MOST_LINES, as_figure, as_list, as_table, document
from rnnlab.compare.plots.picture import Picture
from tests.compare.test_page import NASTY, Parsed


def test_a_document_escapes_its_title_and_forbids_to_load_anything() -> None:
    parsed = Parsed(document(NASTY, "<p>body</p>", "footer"))
    assert NASTY in parsed.texts
    assert "script" not in parsed.tags
    assert ("meta", "http-equiv", "Content-Security-Policy") in parsed.attributes
    [policy] = [value for _, name, value in parsed.attributes if name == "content" and value][:1]
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def test_a_row_has_the_class_of_its_style_and_columns_of_numbers_theirs() -> None:
    table = as_table(["name", "value"], [["a", "1"], [NASTY, "2"]], 1, ["", "baseline"])
    parsed = Parsed(table)
    assert parsed.cells == ["name", "value", "a", "1", NASTY, "2"]
    assert [value for tag, _, value in parsed.attributes if tag == "tr"] == ["baseline"]
    assert [value for tag, _, value in parsed.attributes if tag == "td"] == ["number", "number"]


def test_of_a_long_list_the_first_lines_stay() -> None:
    parsed = Parsed(as_list(["line"] * (MOST_LINES + 2)))
    assert parsed.tags.count("li") == MOST_LINES + 1
    assert "and 2 more" in parsed.texts


def test_a_figure_stands_below_the_heading_that_is_asked_for() -> None:
    parsed = Parsed(as_figure(Picture("file", NASTY, b"bytes"), "h3"))
    assert parsed.tags == ["h3", "img"]
    assert ("img", "alt", NASTY) in parsed.attributes
