from __future__ import annotations

from base64 import b64decode

from rnnlab.compare.plots.picture import Picture
from rnnlab.compare.plots.style import new_figure, png
from rnnlab.diagnostics.page import report, summary
from rnnlab.diagnostics.section import Section, Table
from tests.compare.test_page import NASTY, Parsed

PICTURE = Picture("heat", NASTY, b"\x89PNG picture")
SECTION = Section(
    "flow", NASTY, (NASTY, "how to read it"), (f"{NASTY}\nvanishes",),
    (Table((NASTY, "value"), ((NASTY, "1"),)),), (PICTURE,), {"a": 1},
)  # fmt: skip


def test_names_are_text_and_nothing_else() -> None:
    parsed = Parsed(report(NASTY, [("cell", NASTY)], [SECTION]))
    assert parsed.cells == ["", "", "cell", NASTY, NASTY, "value", NASTY, "1"]
    assert ("img", "alt", NASTY) in parsed.attributes
    assert f"{NASTY}\\nvanishes" in parsed.texts
    assert not {"script", "iframe", "object", "link", "a", "b"} & set(parsed.tags)
    assert not any(name.startswith("on") for _, name, _ in parsed.attributes)


def test_nothing_is_loaded() -> None:
    parsed = Parsed(report("title", [], [SECTION]))
    sources = [value for _, name, value in parsed.attributes if name in ("src", "href", "url")]
    assert len(sources) == 1
    kind, _, data = str(sources[0]).partition(",")
    assert kind == "data:image/png;base64"
    assert b64decode(data) == PICTURE.png
    policies = [value for _, name, value in parsed.attributes if name == "content"]
    assert any(str(policy).startswith("default-src 'none'") for policy in policies)


def test_findings_come_first_and_files_with_numbers_are_named() -> None:
    text = report("title", [], [SECTION, Section("none", "Only words", ("words",))])
    parsed = Parsed(text)
    assert parsed.texts.index("In short") < parsed.texts.index("how to read it")
    whole = " ".join(parsed.texts)
    assert "The numbers are in the run's folder: flow.json." in whole
    assert "none.json" not in whole


def test_letters_are_as_large_in_all_pictures() -> None:
    figure = new_figure(5, 2)
    figure.subplots()
    section = Section("s", "heading", pictures=(Picture("p", "title", png(figure)),))
    parsed = Parsed(report("title", [], [section]))
    assert ("img", "width", "552") in parsed.attributes  # 5 inches of 96 pixels, times 1.15


def test_nothing_found_is_no_heading() -> None:
    assert "In short" not in report("title", [], [Section("none", "Only words")])


def test_the_summary_has_facts_and_findings_on_lines_that_a_terminal_does_not_obey() -> None:
    lines = summary("title", [("cell", "gru\x1b[2J"), ("data set", "d")], [SECTION])
    assert lines[:3] == ["title", "  cell      gru\\x1b[2J", "  data set  d"]
    assert lines[3:] == ["", NASTY, f"  {NASTY}\\nvanishes"]
    assert summary("t", [], [Section("none", "Only words")]) == ["t"]
