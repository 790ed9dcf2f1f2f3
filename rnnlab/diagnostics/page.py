"""What was seen inside one run, as one HTML page that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from rnnlab import __version__
from rnnlab.compare.html import as_figure, as_list, as_table, as_text, document
from rnnlab.diagnostics.section import Section
from rnnlab.errors import one_line

_SCALE = 1.15 * 96 / 150  # a little more than its size in inches: 150 pixels in the file are one


def report(title: str, facts: Sequence[tuple[str, str]], sections: Sequence[Section]) -> str:
    """Return the page. Every text in it is escaped: names come from strangers' configs.

    Args:
        title: What was looked into.
        facts: Names and values that say what it is: the cell, the data, the checkpoint.
        sections: What was seen, in order.
    """
    parts = [f"<h1>{as_text(title)}</h1>"]
    if facts:
        parts.append(as_table(("", ""), facts, 2))
    found = [section for section in sections if section.findings]
    parts += ["<h2>In short</h2>"] * bool(found)
    parts += (f"<h3>{as_text(each.heading)}</h3>{as_list(each.findings)}" for each in found)
    parts += map(_section, sections)
    return document(title, "\n".join(parts), _footer(sections))


def _section(section: Section) -> str:
    parts = [f"<h2>{as_text(section.heading)}</h2>"]
    parts += (f"<p>{as_text(paragraph)}</p>" for paragraph in section.words)
    parts += (as_figure(each, "h3", _width(each.png)) for each in section.pictures)
    parts += (as_table(table.head, table.rows, table.labels) for table in section.tables)
    return "\n".join(parts)


def _width(png: bytes) -> int | None:
    """Return how wide a picture is shown, so that letters are as large in all of them."""
    if not png.startswith(b"\x89PNG\r\n\x1a\n"):
        return None
    return round(int.from_bytes(png[16:20], "big") * _SCALE)


def _footer(sections: Sequence[Section]) -> str:
    files = [f"{section.name}.json" for section in sections if section.numbers is not None]
    said = f"The numbers are in the run's folder: {', '.join(files)}. " if files else ""
    return f"{as_text(said)}rnnlab {as_text(__version__)}."


def summary(title: str, facts: Sequence[tuple[str, str]], sections: Sequence[Section]) -> list[str]:
    """Return the page as lines for a terminal: facts and findings."""
    wide = max((len(name) for name, _ in facts), default=0)
    lines = [title, *(f"  {name:<{wide}}  {value}" for name, value in facts)]
    for section in sections:
        if section.findings:
            lines += ["", section.heading, *(f"  {line}" for line in section.findings)]
    return [one_line(line) for line in lines]
