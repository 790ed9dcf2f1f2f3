from __future__ import annotations

from typing import Any

from rnnlab.compare.plots.style import new_figure
from rnnlab.diagnostics.section import picture


def test_a_picture_is_a_file_and_nothing_has_none() -> None:
    def draw(title: str) -> Any:
        figure = new_figure(3, 2)
        figure.subplots().set_title(title)
        return figure

    [found] = picture("name", "title", draw, "$\\frac")  # no formula: it is drawn as it is
    assert (found.name, found.title) == ("name", "title")
    assert found.png.startswith(b"\x89PNG")
    assert picture("name", "title", lambda: None) == ()
