from __future__ import annotations

import csv
from io import StringIO
from itertools import product
from pathlib import Path

import pytest
from rich.console import Console

from rnnlab.cli import main
from rnnlab.compare.comparison import compare_runs
from rnnlab.compare.importance import Importance, KeyImportance
from rnnlab.compare.tables.importance import importance_csv, importance_lines, importance_rows
from rnnlab.compare.tables.terminal import as_importance
from tests.compare.conftest import Make

FOUND = Importance(
    "test/loss",
    (KeyImportance("optimizer.lr", 2 / 3, 9), KeyImportance("cell.[red]size|", 1 / 3, 3)),
    27,
    0.875,
    0.5,
    ("a remark",),
)


def test_rows_and_csv_have_the_same() -> None:
    assert importance_rows(FOUND) == [
        ["optimizer.lr", "0.667", "9", "27"],
        ["cell.[red]size|", "0.333", "3", "27"],
    ]
    head, first, _ = csv.reader(StringIO(importance_csv(FOUND)))
    assert head == ["key", "importance", "values", "settings"]
    assert float(first[1]) == 2 / 3


def test_words_tell_how_sure_it_is() -> None:
    first, second, third = importance_lines(FOUND)
    assert "27 settings" in first
    assert "R² 0.50" in first
    assert "88% of what it explains" in second
    assert third == "a remark"


def test_the_terminal_takes_no_name_for_markup() -> None:
    console = Console(width=100, file=StringIO())
    console.print(*as_importance(FOUND), sep="\n")
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "cell.[red]size|" in text
    assert "Which keys matter for test/loss" in text


@pytest.fixture
def trained(run: Make, outputs: Path) -> Path:
    """Write a grid of two keys of which one decides."""
    for rate, size in product((0.1, 0.01, 0.001), (8, 16, 32, 64)):
        run(0, rate, optimizer__lr=rate, cell__hidden_size=size)
    return outputs


def test_it_is_computed_where_it_is_asked_for(trained: Path) -> None:
    assert compare_runs([trained]).importance is None
    found = compare_runs([trained], importance=True).importance
    assert found is not None
    assert found.keys[0].key == "optimizer.lr"
    assert found.keys[0].share > 0.95


def test_the_command_adds_it_to_the_words(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", str(trained)]) == 0
    assert "Which keys" not in capsys.readouterr().out
    assert main(["compare", str(trained), "--importance"]) == 0
    said = capsys.readouterr().out
    assert said.index("has the best mean") < said.index("Which keys matter for test/accuracy")
    assert "learnt from 12 settings" in said


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("csv", "key,importance,values,settings\noptimizer.lr,0.9"),
        ("markdown", "| key | importance | values | settings |\n| --- | ---: | ---: | ---: |\n"),
        ("latex", "\\begin{tabular}{lrrr}\n\\hline\nkey & importance & values & settings"),
    ],
)
def test_another_format_is_of_this_table_alone(
    trained: Path, name: str, start: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", str(trained), "--importance", "--format", name]) == 0
    assert capsys.readouterr().out.startswith(start)


def test_by_default_it_is_told_of_what_a_search_has_made(run: Make, outputs: Path) -> None:
    folders = [
        run(0, size / 99, cell__hidden_size=size, optimizer__lr=size % 3) for size in range(12)
    ]
    for folder in folders:
        (folder.path / "trial.json").write_text("{}")
    found = compare_runs([outputs]).importance
    assert found is not None
    assert found.keys[0].key == "cell.hidden_size"
    assert compare_runs([outputs], importance=False).importance is None
    for folder in folders:
        (folder.path / "trial.json").unlink()
    assert compare_runs([outputs]).importance is None
