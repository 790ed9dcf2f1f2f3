"""The choices of ``engine=auto`` and what they cost, on the screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from rnnlab.bench.machine import described
from rnnlab.bench.record import Record
from rnnlab.bench.regret import Cache, Regret


def shown(record: Record, found: Sequence[Regret], cache: Cache) -> Iterator[RenderableType]:
    """Yield the machine, what was measured of the engines, and the regret of each choice.

    Args:
        record: What was measured.
        found: What was derived from it.
        cache: What compilers found on disk.
    """
    yield Text(described(record.machine), style="dim")
    yield Text(
        f"forward + backward of a step in ms, and seconds to compile ({cache} disk cache)\n",
        style="dim",
    )
    for line in record.lines():
        yield Text(line, style="yellow")
    yield _measured(record, cache)
    for result in record.results:
        for item in result.measured:
            if item.trouble:
                said = f"{result.cell} {result.size} {item.name}: {item.trouble}"
                yield Text(said, style="red")
    yield Text(
        "\nwhat auto takes for a run of so many training steps, and by how much the time in the "
        "layer,\ncompiling included, is longer than by the best engine, named if another\n",
        style="dim",
    )
    yield _regrets(found)
    values = [item.value for item in found if item.value is not None]
    if values:
        yield Text(
            f"\nregret over {len(values)} runs: median {_percent(median(values))}, "
            f"greatest {_percent(max(values))}",
            style="bold",
        )


def _measured(record: Record, cache: Cache) -> Table:
    names = dict.fromkeys(item.name for result in record.results for item in result.measured)
    table = _table()
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    for result in record.results:
        cells = []
        for name in names:
            item, compiling = result.of(name), result.compile_seconds.get(name)
            if item is None or compiling is None:
                cells.append("")
            else:
                cells.append(f"{1e3 * item.seconds:.1f} ms + {compiling[cache]:.1f} s")
        table.add_row(result.cell, str(result.size), *cells)
    return table


def _regrets(found: Sequence[Regret]) -> Table:
    lengths = sorted({item.steps for item in found})
    table = _table()
    for steps in lengths:
        table.add_column(f"{steps:,} steps", no_wrap=True)
    cases: dict[tuple[str, str], dict[int, Regret]] = {}
    for item in found:
        cases.setdefault((item.cell, item.size), {})[item.steps] = item
    for (cell, size), by_length in cases.items():
        table.add_row(cell, size, *(_said(by_length.get(steps)) for steps in lengths))
    for label, of in (("median", median), ("greatest", max)):
        values = [
            [item.value for item in found if item.steps == steps and item.value is not None]
            for steps in lengths
        ]
        cells = [_percent(of(column)) if column else "" for column in values]
        table.add_row(label, "", *cells, style="bold")
    return table


def _said(item: Regret | None) -> str:
    if item is None:
        return ""
    if item.value is None:
        return f"{item.chosen}: not measured"
    other = "" if item.best == item.chosen else f" ({item.best})"
    return f"{item.chosen} {_percent(item.value)}{other}"


def _percent(value: float) -> str:
    return f"{100 * value:.0f} %"


def _table() -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("cell", no_wrap=True)
    table.add_column("B,T,H", no_wrap=True)
    return table
