"""How a whole sweep stands, read from its folder alone: for its driver, and for whoever watches."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import mean
from typing import Any

from rnnlab.errors import RnnlabError
from rnnlab.runs.folder import RunFolder, Status
from rnnlab.sweeps.swept_run import SweptRun

_TAIL = 4096  # bytes that hold the last point


@dataclass(frozen=True)
class Line:
    """How one run stands.

    Args:
        label: What makes it this run: ``cell=gru seed=1``.
        status: Of its last attempt; None where it was not begun.
        cause: Why it did not finish.
        attempts: How many there were.
        epoch: The last epoch of which there is a point.
        epochs: How many there are to be at most.
        seconds: How long the last attempt has taken.
        score: The test score by which it is judged, once it has finished.
        metric: What that is.
    """

    label: str
    status: Status | None = None
    cause: str | None = None
    attempts: int = 0
    epoch: int | None = None
    epochs: int | None = None
    seconds: float | None = None
    score: float | None = None
    metric: str = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it without being asked for again."""
        return self.status is not None and (self.status.is_end or self.status == Status.FAILED)


class Board:
    """Reads how runs stand; what has finished or was pruned is read once.

    Args:
        runs: Each run of the plan, with its label.
        total: How many there will be, where some are still to be chosen.
    """

    def __init__(self, runs: Iterable[tuple[str, SweptRun]], total: int = 0) -> None:
        self._runs = dict(runs)
        self._ended: dict[Path, Line] = {}
        self.total = total

    def add(self, runs: Iterable[tuple[str, SweptRun]]) -> None:
        """Read further runs, too."""
        self._runs.update(runs)

    def lines(self) -> list[Line]:
        """Return how each run stands now, in the order of the plan."""
        return [self.line(label) for label in self._runs]

    def line(self, label: str) -> Line:
        """Return how the run of a label stands now."""
        run = self._runs[label]
        if (known := self._ended.get(run.path)) is not None:
            return known
        line = _read(label, run)
        if line.status is not None and line.status.is_end:
            self._ended[run.path] = line
        return line


def _read(label: str, run: SweptRun) -> Line:
    numbers = run.numbers()
    if not numbers:
        return Line(label)
    attempt = run.attempt(numbers[-1])
    try:
        said = attempt.read_status()
    except RnnlabError as error:
        return Line(label, None, str(error), len(numbers))
    status = Status(said["status"]) if said else None
    score, metric = _score(attempt) if status == Status.FINISHED else (None, "")
    return Line(
        label,
        status,
        said.get("cause"),
        len(numbers),
        None if status in (None, Status.CREATED) else last_epoch(attempt.path / "metrics.jsonl"),
        _epochs(attempt) if status == Status.RUNNING else None,
        _seconds(said),
        score,
        metric,
    )


def last_epoch(points: Path) -> int | None:
    """Return the epoch of the last point that has one."""
    try:
        with points.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL))
            lines = file.read().splitlines()[::-1]
    except OSError:
        return None
    for line in lines:
        try:
            epoch = json.loads(line)["epoch"]
        except (ValueError, KeyError, TypeError):
            continue  # torn, or cut off where reading began
        if isinstance(epoch, int):
            return epoch
    return None


def left_seconds(lines: Iterable[Line], workers: int, total: int = 0) -> float | None:
    """Return about how many seconds are left, by what others took; None before one has ended.

    Those that were pruned count: about as many of the others will be.

    Args:
        lines: How the runs stand.
        workers: How many are executed at a time.
        total: How many there will be, where some are still to be chosen.
    """
    lines = list(lines)
    took = [line.seconds for line in lines if line.status and line.status.is_end and line.seconds]
    if not took:
        return None
    typical = mean(took)
    left = sum(
        max(0.0, typical - (line.seconds or 0.0)) if line.status == Status.RUNNING else typical
        for line in lines
        if not line.is_over
    )
    left += typical * max(0, total - len(lines))
    return left / max(1, workers)


def _score(attempt: RunFolder) -> tuple[float | None, str]:
    try:
        result = attempt.read_result()
    except RnnlabError:
        return None, ""
    name = result["monitor"].removeprefix("val/")
    score = result["scores"]["test"].get(name)
    return (None if score is None else float(score)), name


def _epochs(attempt: RunFolder) -> int | None:
    try:
        text = attempt.config.read_text(encoding="utf-8")
    except (OSError, RnnlabError):
        return None
    # Without a parser of YAML: this is read once a second for each run.
    for line in text.splitlines():
        key, _, value = line.strip().partition(": ")
        if key == "max_epochs" and value.isdecimal():
            return int(value)
    return None


def _seconds(said: dict[str, Any]) -> float | None:
    times = said.get("times", {})
    try:
        began = datetime.fromisoformat(times["RUNNING"])
        status = said["status"]
        ended = datetime.now(began.tzinfo) if status == "RUNNING" else times[status]
        if isinstance(ended, str):
            ended = datetime.fromisoformat(ended)
    except (KeyError, ValueError):
        return None
    return float((ended - began).total_seconds())
