"""What a sweep has found: a row for each setting, and what did not finish."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.table import Table

from rnnlab.runs.folder import Status
from rnnlab.runs.summary import MEASURED, Summary, measured
from rnnlab.sweeps.driver import Outcome


def tables(outcomes: Sequence[Outcome]) -> Iterator[Table]:
    """Give the tables that end a sweep; one that would be empty is left out."""
    done = [item for item in outcomes if item.status == Status.FINISHED]
    failed = [item for item in outcomes if item.status != Status.FINISHED]
    if done:
        yield _results(done)
    if failed:
        yield _failures(failed)


def _results(outcomes: Sequence[Outcome]) -> Table:
    by_setting: dict[tuple[tuple[str, str], ...], list[Outcome]] = {}
    for outcome in outcomes:
        by_setting.setdefault(tuple(outcome.job.setting.items()), []).append(outcome)
    keys = list(outcomes[0].job.setting) or ["experiment"]
    table = Table(title="Test scores, mean ± standard deviation over seeds", title_justify="left")
    for key in keys:
        table.add_column(key)
    for name in MEASURED:
        table.add_column(name, justify="left" if name == "score" else "right")
    for setting, runs in by_setting.items():
        summary = _summary(runs)
        labels = [value for _, value in setting] or [summary.experiment]
        table.add_row(*labels, *measured(summary))
    return table


def _summary(runs: Sequence[Outcome]) -> Summary:
    results: dict[int, dict[str, Any]] = {}
    for run in runs:
        assert run.folder is not None
        results[run.job.seed] = run.folder.read_result()
    experiment = str(runs[0].job.plain["experiment_name"])
    return Summary(experiment, "", tuple(results.values()))


def _failures(outcomes: Sequence[Outcome]) -> Table:
    table = Table(title="Not finished", title_justify="left")
    for column in ("run", "status", "why"):
        table.add_column(column)
    for outcome in outcomes:
        table.add_row(str(outcome.job), outcome.status or "not begun", outcome.cause or "")
    return table
