from __future__ import annotations

import io
import math

import pytest
from rich.console import Console

from rnnlab.bench.record import Measured, Record
from rnnlab.bench.report import over, ratio, ratios, seconds, shown


def text(record: Record) -> str:
    console = Console(file=io.StringIO(), width=100)
    for thing in shown(record):
        console.print(thing)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_each_case_has_its_figures_and_ratios(record: Record) -> None:
    lines = text(record).splitlines()
    assert max(map(len, lines)) <= 100
    assert lines[0].startswith("Made Up 3000, 2 cores, 2 threads")
    (at,) = [index for index, line in enumerate(lines) if line.startswith("lstm")]
    assert lines[at].split() == "lstm nn.LSTM 1.00 ±0.10 2.00 ±0.20 1.0 1.0 0.50".split()
    assert lines[at + 1].split() == "32,20,32 loop 2.00 ±0.20 4.00 ±0.40 2.0 2.00".split()
    assert lines[at + 2].split() == "compiled 0.50 ±0.05 1.00 ±0.10 3.0 0.50 0.25".split()


def test_geometric_means_and_the_worst(record: Record) -> None:
    found = text(record)
    foot = [line.split() for line in found[found.index("geometric mean") :].splitlines()]
    # 1/2 and 1/8 of torch's; a quarter of the loop's, twice; memory 3 of 1.
    assert "compiled 0.25 (0.50) 0.25 (0.25) 3.00 (3.00)".split() in foot
    assert "nn.* 1.00 (2.00)".split() in foot


def test_what_was_left_out_and_what_failed_is_said(record: Record) -> None:
    record.results[0].measured.append(Measured("scan", "engine", trouble="no [red]compiler[/red]"))
    found = text(record)
    assert "keras is left out" in found
    assert "lstm 32,20,32 scan: no [red]compiler[/red]" in found


def test_what_disturbed_is_said(record: Record) -> None:
    assert "other" not in text(record)
    record.results[1].others_percent = 41.7
    found = text(record)
    assert "other processes took up to 42 % of the processors meanwhile" in found
    (row,) = [line for line in found.splitlines() if line.startswith("others 42 %")]
    assert "compiled" in row


def test_a_measurement_of_nothing_is_said() -> None:
    machine = {
        "processor": "", "cores": 1, "threads": 1, "device": "cpu", "system": "", "python": "",
        "packages": {},
    }  # fmt: skip
    assert "nothing was measured" in text(Record("cells", machine, {"seed": 0}))


def test_cells_that_torch_does_not_have_are_compared_with_the_loop(record: Record) -> None:
    for result in record.results:
        del result.measured[0]
    assert over(record.results[0], "nn.*") is None
    assert ratios(record.results, "compiled", "nn.*") == []
    assert ratios(record.results, "compiled", "loop") == pytest.approx([0.25, 0.25])


def test_there_is_no_ratio_where_a_figure_is_missing(record: Record) -> None:
    loop, compiled = record.results[0].measured[1:]
    assert ratio(compiled, loop, seconds) == pytest.approx(0.25)
    assert ratio(compiled, None, seconds) is None
    assert ratio(compiled, loop, lambda item: item.resident_bytes) is None
    compiled.forward_backward = []
    assert math.isnan(compiled.seconds)
    assert ratio(compiled, loop, seconds) is None
