"""The cost of compiling, on the screen."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from rnnlab.bench.machine import described
from rnnlab.bench.record import Record


def shown(record: Record) -> Iterator[RenderableType]:
    """Yield the machine and a line for each cell, size and candidate."""
    yield Text(described(record.machine), style="dim")
    yield Text(
        "seconds of the first forward and backward pass of a new process, less a later one's\n"
        "cold: nothing is on disk; warm: what the process before has compiled is\n",
        style="dim",
    )
    for line in record.lines():
        yield Text(line, style="yellow")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("cell", "B,T,H", ""):
        table.add_column(name, no_wrap=True)
    for name in ("cold s", "warm s"):
        table.add_column(name, justify="right", no_wrap=True)
    for result in record.results:
        for name, found in result.compile_seconds.items():
            table.add_row(
                result.cell,
                str(result.size),
                Text(name, style="bold"),
                f"{found['cold']:.2f}",
                f"{found['warm']:.2f}",
            )
    yield table
    for result in record.results:
        for item in result.measured:
            if item.trouble:
                said = f"{result.cell} {result.size} {item.name}: {item.trouble}"
                yield Text(said, style="red")
