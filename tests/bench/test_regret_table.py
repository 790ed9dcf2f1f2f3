from __future__ import annotations

import io

from rich.console import Console

from rnnlab.bench.record import Record
from rnnlab.bench.regret import Regret
from rnnlab.bench.regret_table import shown


def test_choices_and_their_cost(record: Record) -> None:
    found = [
        Regret("lstm", "32,20,32", 50, "loop", "", "loop", 2.0, 2.0),
        Regret("gru", "32,100,64", 50, "fused", "", "loop", 2.5, 2.0),
        Regret("lstm", "32,20,32", 5000, "scan", "", "loop", None, 2.0),
    ]
    console = Console(file=io.StringIO(), width=100)
    for thing in shown(record, found, "warm"):
        console.print(thing)
    assert isinstance(console.file, io.StringIO)
    lines = [line.split() for line in console.file.getvalue().splitlines()]
    assert "lstm 32,20,32 4.0 ms + 0.1 s 1.0 ms + 3.0 s".split() in lines
    assert "lstm 32,20,32 loop 0 % scan: not measured".split() in lines
    assert "gru 32,100,64 fused 25 % (loop)".split() in lines
    assert "median 12 %".split() in lines
    assert "greatest 25 %".split() in lines
    assert "regret over 2 runs: median 12 %, greatest 25 %".split() in lines
