"""A report on the screen, and for machines."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from rnnlab.capability.outcome import Ability, Card, Report

_STYLES = {"passed": "green", "failed": "bold red", "skipped": "dim"}
_WORDS = {True: "yes", False: "no", None: "unknown"}


def shown(report: Report) -> Iterator[RenderableType]:
    """Yield what a person reads: the rules, then the card."""
    given = ", ".join(f"{name}={value}" for name, value in report.arguments.items())
    yield Text(report.component, style="bold")
    yield Text(f"{report.origin}; checked with {given or 'its defaults'}\n", style="dim")
    table = _table()
    for outcome in report.outcomes:
        verdict = Text(outcome.verdict, style=_STYLES[outcome.verdict])
        table.add_row(
            outcome.rule.removeprefix("test_").replace("_", " "), verdict, Text(outcome.reason)
        )
    yield table
    counts: Counter[str] = Counter(outcome.verdict for outcome in report.outcomes)
    yield Text("\n" + ", ".join(f"{counts[verdict]} {verdict}" for verdict in _STYLES) + "\n")
    if report.card is not None:
        yield _card(report.card)
        yield ""


def as_json(reports: Iterable[Report]) -> str:
    """Return reports for machines: a list, one item for each component."""
    return json.dumps([_plain(report) for report in reports], indent=2, default=str) + "\n"


def _plain(report: Report) -> dict[str, Any]:
    values = asdict(report)
    values["passed"] = report.passed
    if report.card is not None:
        for speed, found in zip(values["card"]["speeds"], report.card.speeds, strict=True):
            speed["ratio"] = found.ratio
    return values


def _card(card: Card) -> Table:
    table, sizes = _table(), card.sizes
    for ability in card.abilities:
        table.add_row(ability.name, _answer(ability), Text(ability.reason))
    if sizes is not None:
        at = f"at input_size={sizes.input_size}, output_size={sizes.output_size}"
        parameters, state = f"{sizes.parameters:,}", f"{sizes.state:,}"
        table.add_row("parameters", parameters, f"{sizes.parameter_bytes:,} bytes {at}")
        table.add_row("state", state, f"{sizes.state_bytes:,} bytes for each row {at}")
    for speed in card.speeds:
        words = (
            f"{speed.ratio:.2f} of nn.LSTM's {speed.lstm_milliseconds:.1f} ms, "
            f"forward and backward, {speed.shape}"
        )
        table.add_row(f"speed, {speed.engine}", f"{speed.milliseconds:.1f} ms", words)
    if card.trouble:
        table.add_row("size and speed", Text("unknown", style="dim"), Text(card.trouble))
    return table


def _answer(ability: Ability) -> Text:
    style = {True: "green", False: "yellow", None: "dim"}[ability.able]
    return Text(_WORDS[ability.able], style=style)


def _table() -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    return table
