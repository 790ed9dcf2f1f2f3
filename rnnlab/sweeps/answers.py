"""What a sweep has found: its runs compared over seeds, on the screen and as a page."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from rnnlab.compare.comparison import Comparison, compare_runs
from rnnlab.errors import RnnlabError
from rnnlab.runs.folder import Status
from rnnlab.sweeps.folder import SweepFolder
from rnnlab.sweeps.objectives import Objective
from rnnlab.sweeps.outcome import Outcome
from rnnlab.sweeps.search_view import Found, found_lines

_log = logging.getLogger(__name__)


def compared(
    outcomes: Sequence[Outcome], objectives: Sequence[Objective] = ()
) -> Comparison | None:
    """Return the finished runs compared on the test part; None without any.

    Those that were pruned are counted.

    Args:
        outcomes: How each run came out.
        objectives: What settings were chosen by: the score of the first decides here, too; without
            one it is the score that picked the best checkpoints.
    """
    if not any(outcome.status == Status.FINISHED for outcome in outcomes):
        return None
    chosen = objectives[0] if objectives and "/" in objectives[0].name else None
    ended = [
        outcome.folder.path
        for outcome in outcomes
        if outcome.folder is not None and outcome.status is not None and outcome.status.is_end
    ]
    try:
        if chosen is None:
            return compare_runs(ended)
        metric = f"test/{chosen.name.partition('/')[2]}"
        better = "lower" if chosen.direction == "minimize" else "higher"
        return compare_runs(ended, metric=metric, better=better)
    except RnnlabError as error:
        _log.warning("the runs cannot be compared: %s", error)
        return None


def write_report(comparison: Comparison, folder: SweepFolder) -> list[Path]:
    """Write ``report.html`` and its pictures into the folder of a sweep, and return the files."""
    from rnnlab.compare.page import page
    from rnnlab.compare.plots.draw import pictures
    from rnnlab.compare.writing import write

    files = []
    try:
        drawn = list(pictures(comparison))
        for picture in drawn:
            files.append(folder.path / f"{picture.name}.png")
            write(files[-1], picture.png)
        files.append(folder.path / "report.html")
        write(files[-1], page(comparison, drawn).encode())
    except RnnlabError as error:
        # The runs are there, and `rnnlab compare` draws them again.
        _log.warning("the report is not written: %s", error)
        return []
    return files


def shown(
    comparison: Comparison | None, outcomes: Sequence[Outcome], found: Found | None = None
) -> Iterator[RenderableType]:
    """Give what ends a sweep on the screen.

    Args:
        comparison: Of its runs.
        outcomes: How each run came out.
        found: What was chosen, where somebody chose: of many settings, by their values, which a
            comparison would take for an answer.
    """
    from rnnlab.compare.tables.terminal import as_importance, as_lines, as_table

    if found is not None:
        yield from found_lines(found)
    if comparison is not None and (found is None or found.confirmed):
        if found is not None:
            yield Text("\nconfirmed: the best settings with fresh seeds alone")
        yield as_table(comparison)
        yield from (Text(line) for line in as_lines(comparison))
    if comparison is not None and comparison.importance is not None:
        yield from as_importance(comparison.importance)
    left = [outcome for outcome in outcomes if outcome.status is None or not outcome.status.is_end]
    if left:
        yield _unfinished(left)


def _unfinished(outcomes: Sequence[Outcome]) -> Table:
    table = Table(title="Not finished", title_justify="left")
    for column in ("run", "status", "why"):
        table.add_column(column)
    for outcome in outcomes:
        why = Text(outcome.cause or "")
        table.add_row(Text(str(outcome.job)), outcome.status or "not begun", why)
    return table
