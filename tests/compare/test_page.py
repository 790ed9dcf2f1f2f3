from __future__ import annotations

from base64 import b64decode
from html.parser import HTMLParser
from pathlib import Path

import pytest

from rnnlab.compare.comparison import Comparison, compare_runs
from rnnlab.compare.page import page
from rnnlab.compare.plots.draw import Picture
from tests.compare.conftest import Make

_EMPTY = {"meta", "img", "br", "hr", "link", "input"}
NASTY = """<script>alert(1)</script><img src=x onerror=y> " onload="z' &lt; --> </style>"""
PICTURE = Picture("intervals", NASTY, b"\x89PNG picture")


class Parsed(HTMLParser):
    """Checks that tags are closed in order; keeps all tags, attributes and texts."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.cells: list[str] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in _EMPTY:
            self.open.append(tag)
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("td", "th"):
            self.cells[-1] += data
        self.texts.append(data)


@pytest.fixture
def comparison(run: Make, outputs: Path) -> Comparison:
    """Return two settings with names that would be HTML."""
    for seed in (0, 1, 2):
        run(seed, 0.5 + seed / 10, cell__name=NASTY, baselines={NASTY: 0.2})
        run(seed, 0.4 + seed / 11, cell__name="plain\nline", baselines={NASTY: 0.2})
    return compare_runs([outputs])


def test_names_are_text_and_nothing_else(comparison: Comparison) -> None:
    parsed = Parsed(page(comparison, [PICTURE]))
    assert NASTY in parsed.cells
    assert "plain\\nline" in parsed.cells
    assert f"{NASTY} (baseline)" in parsed.cells
    assert ("img", "alt", NASTY) in parsed.attributes
    assert not {"script", "iframe", "object", "link", "a", "b"} & set(parsed.tags)
    assert not any(name.startswith("on") for _, name, _ in parsed.attributes)


def test_nothing_is_loaded(comparison: Comparison) -> None:
    parsed = Parsed(page(comparison, [PICTURE]))
    sources = [value for _, name, value in parsed.attributes if name in ("src", "href", "url")]
    assert len(sources) == 1
    kind, _, data = str(sources[0]).partition(",")
    assert kind == "data:image/png;base64"
    assert b64decode(data) == PICTURE.png
    policies = [
        value for tag, name, value in parsed.attributes if (tag, name) == ("meta", "content")
    ]
    assert any(str(policy).startswith("default-src 'none'") for policy in policies)


def test_table_words_remarks_and_pairs_are_there(comparison: Comparison) -> None:
    whole = " ".join(Parsed(page(comparison, [])).texts)
    for part in ("test/accuracy, higher is better", "Best", "Every pair", "Holm's correction"):
        assert part in whole
    cells = Parsed(page(comparison, [])).cells
    assert {"95% interval", "difference", "paired t"} <= set(cells)


def test_of_very_many_pairs_the_first_are_listed(run: Make, outputs: Path) -> None:
    for size in range(50):
        run(0, size / 100, cell__hidden_size=size)
    comparison = compare_runs([outputs])
    assert len(comparison.pairs) == 1225
    parsed = Parsed(page(comparison, []))
    assert "The first 1000 of 1225." in parsed.texts
    assert "and 225 more" in parsed.texts
    samples, pairs = 5 + 51 * 5, 9 + 1000 * 9  # heads and rows
    assert len(parsed.cells) == samples + pairs
