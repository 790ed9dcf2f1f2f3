from __future__ import annotations

import io

from rich.console import Console

from rnnlab.bench.compile_table import shown
from rnnlab.bench.record import Record


def test_cold_and_warm(record: Record) -> None:
    record.results[1].measured[1].trouble = "no compiler"
    console = Console(file=io.StringIO(), width=100)
    for thing in shown(record):
        console.print(thing)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    lines = [line.split() for line in text.splitlines()]
    assert "lstm 32,20,32 compiled 30.00 3.00".split() in lines
    assert "gru 32,100,64 loop: no compiler" in text
    assert "keras is left out" in text
