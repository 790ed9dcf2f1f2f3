"""A sweep as a person watches it: a table that is redrawn, or lines where there is no terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from rnnlab.runs.folder import Status
from rnnlab.sweeps.board import Line, left_seconds

_MOST_ROWS = 12


def drawn(name: str, lines: Sequence[Line], workers: int, total: int = 0) -> RenderableType:
    """Return a sweep as it stands now.

    Args:
        name: Of the sweep.
        lines: How each run stands.
        workers: How many are executed at a time.
        total: How many runs there will be, where some are still to be chosen.
    """
    running = [line for line in lines if line.status == Status.RUNNING]
    failed = [line for line in lines if line.status == Status.FAILED]
    parts: list[RenderableType] = [Text(f"{name}  {summary(lines, workers, total)}", style="bold")]
    bar = Table.grid()  # a bar alone does not end its line
    bar.add_row(ProgressBar(total=max(1, total, len(lines)), completed=_over(lines), width=60))
    parts.append(bar)
    if running:
        parts.append(_running(running[:_MOST_ROWS]))
    if failed:
        parts.append(_failed(failed[-_MOST_ROWS:]))
    return Group(*parts)


def summary(lines: Sequence[Line], workers: int, total: int = 0) -> str:
    """Return a sweep in one line: how many runs stand how, the best, and the time left."""
    counts = Counter(line.status for line in lines)
    said = [f"{_over(lines)}/{max(total, len(lines))} done"]
    for status, what in (
        (Status.PRUNED, "pruned"),
        (Status.RUNNING, "running"),
        (Status.FAILED, "failed"),
        (Status.KILLED, "interrupted"),
        (Status.PREEMPTED, "pre-empted"),
    ):
        if counts[status]:
            said.append(f"{counts[status]} {what}")
    seconds = left_seconds(lines, workers, total)
    if seconds:
        said.append(f"about {duration(seconds)} left")
    return ", ".join(said)


def told(line: Line) -> str:
    """Return how one run came out, as a line."""
    parts = [str(line.status or "not begun"), line.label]
    if line.score is not None:
        parts.append(f"test/{line.metric}={line.score:.4g}")
    if line.seconds is not None:
        parts.append(duration(line.seconds))
    if line.cause:
        parts.append(line.cause)
    return "  ".join(parts)


def duration(seconds: float) -> str:
    """Return a duration for people: ``42 s``, ``5 min``, ``3 h 20 min``."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def _over(lines: Sequence[Line]) -> int:
    return sum(line.is_over for line in lines)


def _running(lines: Sequence[Line]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("running", "epoch", "", "for"):
        table.add_column(column)
    for line in lines:
        done, total = (line.epoch or 0), line.epochs
        bar = "" if total is None else ProgressBar(total=max(1, total), completed=done, width=20)
        epoch = "" if line.epoch is None else f"{done}/{total}" if total else str(done)
        seconds = "" if line.seconds is None else duration(line.seconds)
        table.add_row(Text(line.label), epoch, bar, seconds)
    return table


def _failed(lines: Sequence[Line]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("failed", "attempts", "why"):
        table.add_column(column)
    for line in lines:
        table.add_row(Text(line.label, style="red"), str(line.attempts), Text(line.cause or ""))
    return table
