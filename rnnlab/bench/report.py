"""A measurement on the screen, in a hundred columns."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from statistics import geometric_mean

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from rnnlab.bench.machine import described
from rnnlab.bench.record import Measured, Record, Result, spread

Figure = Callable[[Measured], float | None]

OVER = ("nn.*", "loop", "lax.scan", "keras")
"""What the others are compared with: torch's own module, whichever it is, and these."""


def shown(record: Record) -> Iterator[RenderableType]:
    """Yield what a person reads: the machine, every case, and the geometric means."""
    yield Text(described(record.machine), style="dim")
    yield Text(
        f"float32, seed {record.setting['seed']}; median ± half the interquartile range of runs "
        "taken in turn\nover: ratio of forward + backward medians, below 1 is faster\n"
        "peak: memory that the library asks for beyond weights and input; resident: what the "
        "process takes\n",
        style="dim",
    )
    for line in record.lines():
        yield Text(line, style="yellow")
    if not record.results:
        yield Text("nothing was measured")
        return
    yield _cases(record)
    yield from _troubles(record)
    yield ""
    if any(over(result, name) for result in record.results for name in OVER):
        yield _means(record)


def over(result: Result, name: str) -> Measured | None:
    """Return what a case is compared with: a candidate, or ``nn.*`` for torch's own module."""
    if name != "nn.*":
        return result.of(name)
    known = [item for item in result.measured if item.name.startswith("nn.")]
    return result.of(known[0].name) if known else None


def ratio(item: Measured, beside: Measured | None, figure: Figure) -> float | None:
    """Return a candidate's figure over another's, or None where one is missing."""
    if beside is None or item.trouble:
        return None
    above, below = figure(item), figure(beside)
    if not above or not below or math.isnan(above / below):
        return None
    return above / below


def seconds(item: Measured) -> float:
    """Return the median of forward and backward."""
    return item.seconds


def _cases(record: Record) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("cell\nB,T,H", no_wrap=True)
    table.add_column("\n", no_wrap=True, style="bold")
    for name in ("forward\nms", "forward+backward\nms", "peak\nMB", "resident\nMB"):
        table.add_column(name, justify="right", no_wrap=True)
    for name in OVER:
        table.add_column(f"over\n{name}", justify="right", no_wrap=True)
    for result in record.results:
        labels = iter(_labels(result))
        rows = [item for item in result.measured if not item.trouble]
        for item in rows:
            cells: list[RenderableType] = [
                next(labels, ""),
                Text(item.name, style="cyan" if item.kind == "engine" else ""),
                _milliseconds(item.forward),
                _milliseconds(item.forward_backward),
                _megabytes(item.allocated_bytes),
                _megabytes(item.resident_bytes),
                *(_ratio(item, over(result, name)) for name in OVER),
            ]
            table.add_row(*cells)
        for label in labels:
            table.add_row(label)
        table.add_row()
    return table


def _labels(result: Result) -> list[RenderableType]:
    labels: list[RenderableType] = [result.cell, str(result.size)]
    if result.disturbed:
        labels.append(Text(f"others {result.others_percent:.0f} %", style="yellow"))
    return labels


def _means(record: Record) -> Table:
    table = Table(
        title="geometric mean over the cells and sizes above (the worst of them)",
        title_justify="left",
        title_style="bold",
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
        header_style="bold",
    )
    table.add_column("\n", style="bold", no_wrap=True)
    for name in OVER:
        table.add_column(f"time over\n{name}", justify="right", no_wrap=True)
    for name in ("peak", "resident"):
        table.add_column(f"{name}\nover nn.*", justify="right", no_wrap=True)
    memory: list[tuple[str, Figure]] = [
        ("nn.*", lambda item: item.allocated_bytes),
        ("nn.*", lambda item: item.resident_bytes),
    ]
    columns: list[tuple[str, Figure]] = [*((name, seconds) for name in OVER), *memory]
    names = dict.fromkeys(
        "nn.*" if item.name.startswith("nn.") else item.name
        for result in record.results
        for item in result.measured
    )
    for name in names:
        found = [
            [] if name == beside else ratios(record.results, name, beside, figure)
            for beside, figure in columns
        ]
        table.add_row(name, *map(_mean, found))
    return table


def ratios(
    results: Iterable[Result], name: str, beside: str, figure: Figure = seconds
) -> list[float]:
    """Return a candidate's figure over another's, of each case that has both.

    Args:
        results: The cases.
        name: The candidate, or ``nn.*``.
        beside: What it is compared with, or ``nn.*``.
        figure: What is compared.
    """
    found = []
    for result in results:
        item = over(result, name)
        if item is not None and (value := ratio(item, over(result, beside), figure)) is not None:
            found.append(value)
    return found


def _troubles(record: Record) -> Iterator[Text]:
    for result in record.results:
        for item in result.measured:
            if item.trouble:
                said = f"{result.cell} {result.size} {item.name}: {item.trouble}"
                yield Text(said, style="red")


def _milliseconds(values: list[float]) -> str:
    if not values:
        return ""
    found = spread(values)
    middle, around = 1e3 * found["median"], 0.5e3 * (found["q3"] - found["q1"])
    digits = 2 if middle < 10 else 1 if middle < 100 else 0
    return f"{middle:.{digits}f} ±{around:<{digits + 2}.{digits}f}"


def _megabytes(value: int | None) -> str:
    return "" if value is None else f"{value / 1e6:.1f}"


def _ratio(item: Measured, beside: Measured | None) -> str:
    value = None if item is beside else ratio(item, beside, seconds)
    return "" if value is None else f"{value:.2f}"


def _mean(values: list[float]) -> str:
    return f"{geometric_mean(values):.2f} ({max(values):.2f})" if values else ""
