"""``rnnlab compare``. What computes and draws is imported only when it is wanted."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rnnlab.compare.comparison import Comparison
    from rnnlab.compare.importance import Importance

FORMATS = ("table", "csv", "markdown", "latex")
"""How the table is written."""

_log = logging.getLogger(__name__)


def compare(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...",
            help="Run folders, folders with run folders anywhere below, or a sweep's name.",
        ),
    ],
    by: Annotated[
        list[str] | None,
        typer.Option(help="Keys to group settings by: cell or cell,optimizer; may be repeated."),
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option(help="test/accuracy; the test score that picks checkpoints by default."),
    ] = None,
    better: Annotated[
        str | None, typer.Option(help="lower or higher, for a metric that is not known.")
    ] = None,
    format: Annotated[  # noqa: A002  (the option's name)
        str, typer.Option(help="table, with words, csv, markdown or latex.")
    ] = "table",
    importance: Annotated[
        bool | None,
        typer.Option(
            "--importance/--no-importance",
            help="Say how much each key matters; with another format than table, that table alone. "
            "By default where a search has made the runs.",
        ),
    ] = None,
    html: Annotated[
        Path | None, typer.Option(help="Write one page with table, words and pictures here.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="Write the pictures into this folder.")] = None,
) -> None:
    """Compare finished runs over seeds: means with intervals, tests, and what is not yet known.

    Runs that differ by their seed alone are one setting; pairs of settings are tested over the
    seeds that they share, with Holm's correction for all pairs.
    """
    from rnnlab.compare.writing import check_file, check_folder
    from rnnlab.errors import check_choice

    check_choice("--format", format, FORMATS)
    check_file(html, "--html")
    check_folder(plot, "--plot")
    from rnnlab.compare.comparison import compare_runs

    keys = [key.strip() for given in by or [] for key in given.split(",") if key.strip()]
    comparison = compare_runs(paths, by=keys, metric=metric, better=better, importance=importance)
    if importance and format != "table":
        assert comparison.importance is not None
        _write_importance(comparison.importance, format)
    else:
        _show(comparison, format)
    if html is not None or plot is not None:
        _draw(comparison, html, plot)


def _show(comparison: Comparison, format_: str) -> None:
    if format_ == "table":
        from rich.console import Console

        from rnnlab.compare.tables.terminal import as_importance, as_lines, as_table

        # A pipe has no width; rich would cut tables at 80 columns.
        console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
        console.print(as_table(comparison))
        sys.stdout.writelines(f"{line}\n" for line in as_lines(comparison))
        if comparison.importance is not None:
            console.print(*as_importance(comparison.importance), sep="\n", soft_wrap=True)
        return
    if format_ == "csv":
        from rnnlab.compare.tables.csv import as_csv as written
    elif format_ == "markdown":
        from rnnlab.compare.tables.markdown import as_markdown as written
    else:
        from rnnlab.compare.tables.latex import as_latex as written
    sys.stdout.write(written(comparison))
    # Whoever reads the table finds nothing else in it, and what was left out is told all the same.
    for remark in comparison.remarks:
        _log.warning("%s", remark)


def _write_importance(importance: Importance, format_: str) -> None:
    from rnnlab.compare.tables import latex, markdown
    from rnnlab.compare.tables.importance import (
        HEAD,
        LABELS,
        importance_csv,
        importance_rows,
    )

    if format_ == "csv":
        sys.stdout.write(importance_csv(importance))
    else:
        written = markdown.table if format_ == "markdown" else latex.table
        sys.stdout.write(written(HEAD, importance_rows(importance), LABELS))
    for remark in importance.remarks:
        _log.warning("%s", remark)


def _draw(comparison: Comparison, html: Path | None, plot: Path | None) -> None:
    from rnnlab.compare.page import page
    from rnnlab.compare.plots.draw import pictures
    from rnnlab.compare.writing import write

    drawn = list(pictures(comparison))
    for picture in drawn if plot is not None else []:
        assert plot is not None
        write(plot / f"{picture.name}.png", picture.png)
    if html is not None:
        write(html, page(comparison, drawn).encode())
