"""A part of a report: words, findings, tables, pictures, and the numbers they are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rnnlab.compare.plots.picture import Picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Table:
    """Texts in rows.

    Args:
        head: Of the columns.
        rows: As many texts each as there are columns.
        labels: How many columns on the left are names; the others are numbers.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    labels: int = 1


@dataclass(frozen=True)
class Section:
    """A part of a report.

    Args:
        name: Of the file with its numbers, without suffix.
        heading: What it is about.
        words: What it shows and how to read it, a paragraph each.
        findings: What was found, in plain words, a line each.
        tables: Numbers to read.
        pictures: Numbers to see.
        numbers: What pictures and tables are made of, as JSON has it; None where there is nothing
            beyond words.
    """

    name: str
    heading: str
    words: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    pictures: tuple[Picture, ...] = ()
    numbers: Any = None


def picture(
    name: str, title: str, draw: Callable[..., Figure | None], *arguments: Any
) -> tuple[Picture, ...]:
    """Return one picture, or none where there is nothing to draw.

    Args:
        name: Of its file, without suffix.
        title: What it shows.
        draw: One of :mod:`rnnlab.diagnostics.plots`.
        arguments: What it draws.
    """
    from rnnlab.compare.plots.style import drawing, png

    with drawing():
        figure = draw(*arguments)
        return () if figure is None else (Picture(name, title, png(figure)),)
