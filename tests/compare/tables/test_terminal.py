from __future__ import annotations

from io import StringIO
from pathlib import Path

from rich.console import Console

from rnnlab.compare.comparison import Comparison, compare_runs
from rnnlab.compare.tables.terminal import as_lines, as_table
from tests.compare.conftest import Make


def text_of(comparison: Comparison) -> str:
    console = Console(file=StringIO(), width=200)
    console.print(as_table(comparison))
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def test_markup_and_control_characters_are_shown(nasty: Comparison) -> None:
    text = text_of(nasty)
    assert "[red]#1" in text
    assert "first\\nsecond\\r\\x1b[31mthird" in text
    assert "\x1b" not in text
    assert "<i>&|_ (baseline)" in text
    assert not any("\x1b" in line or "\n" in line for line in as_lines(nasty))


def test_what_a_reader_needs(run: Make, outputs: Path) -> None:
    for seed in (0, 1, 2):
        run(seed, 0.5 + seed / 10)
    run(0, 0.2, cell="lstm")
    text = text_of(compare_runs([outputs]))
    assert "test/accuracy, higher is better" in text
    assert "[0.3516, 0.8484]" in text
    assert "none from one" in text
    assert "runs without it" not in text


def test_a_baseline_that_differs_has_a_range(run: Make, outputs: Path) -> None:
    run(0, dataset__window=1, baselines={"mean": 0.2})
    run(0, dataset__window=2, baselines={"mean": 0.4})
    assert "0.2 to 0.4" in text_of(compare_runs([outputs]))


def test_long_lists_are_cut_and_said_to_be(run: Make, outputs: Path) -> None:
    for cell in "abcdefg":
        for seed in (0, 1):
            run(seed, ord(cell) / 100 + seed, cell=cell)
    lines = list(as_lines(compare_runs([outputs])))
    assert "  … and 9 more; --html shows all" in lines
