"""How a figure is drawn in tests: as a report draws it, and to the same bytes each time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("matplotlib")

NASTY = r"$\frac{a}{$ _x_ [b] <script> 日本語 " + "long" * 40

Draw = Callable[..., Any]


@pytest.fixture
def drawn() -> Draw:
    """Draw a figure as files are drawn; fails on warnings, and if two files differ."""
    from rnnlab.compare.plots.style import drawing, png

    def draw(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        files = []
        for _ in (0, 1):
            with drawing():
                figure = function(*arguments, **options)
                if figure is None:
                    return None
                files.append(png(figure))
        assert files[0].startswith(b"\x89PNG")
        assert files[0] == files[1]
        return figure

    return draw
