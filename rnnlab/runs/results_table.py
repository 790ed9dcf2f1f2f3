"""The table at the end of a run: the model's scores beside those of the naive baselines."""

from __future__ import annotations

from typing import Any

from rich.table import Table


def results_table(result: dict[str, Any], title: str) -> Table:
    """Return a table with a row for each score and a column for each part and baseline.

    Args:
        result: Holds ``scores`` and ``baselines`` as ``result.json`` does.
        title: Stands above the table.
    """
    scores, baselines = result["scores"], result["baselines"]
    table = Table(title=title, title_justify="left")
    table.add_column("score")
    for part in scores:
        table.add_column(part, justify="right")
    for baseline in baselines:
        table.add_column(f"{baseline} (test)", justify="right", style="dim")
    columns = [*scores.values(), *baselines.values()]
    for name in dict.fromkeys(name for column in columns for name in column):
        table.add_row(name, *(_shown(column.get(name)) for column in columns))
    return table


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"
