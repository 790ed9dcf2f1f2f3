from __future__ import annotations

import csv
import subprocess
import sys
from io import StringIO
from itertools import product
from pathlib import Path

import pytest

from rnnlab.cli import main
from rnnlab.runs.folder import Status
from tests.compare.conftest import Make


@pytest.fixture
def trained(run: Make, outputs: Path) -> Path:
    """Write two cells of two sizes, three seeds each, and one that failed."""
    for cell, size, seed in product(("gru", "lstm"), (8, 16), (0, 1, 2)):
        value = 0.5 + size / 100 + seed / 50 + (cell == "gru") * (0.2 + seed / 100)
        run(seed, value, cell=cell, cell__hidden_size=size)
    run(3, cell="gru", cell__hidden_size=8, status=Status.FAILED)
    return outputs


def test_table_words_and_remarks(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(trained)]) == 0
    said, errors = capsys.readouterr()
    assert "majority (baseline)" in said
    assert "Best:\n  cell=gru cell.hidden_size=16 has the best mean" in said
    assert "1 of 13 runs has not finished (1 FAILED): cell=gru cell.hidden_size=8 seed 3" in said
    assert errors == ""


def test_by_a_key(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(trained), "--by", "cell", "--format", "csv"]) == 0
    said, errors = capsys.readouterr()
    rows = list(csv.DictReader(StringIO(said)))
    assert [(row["kind"], row["cell"], row["n"]) for row in rows] == [
        ("group", "gru", "3"), ("group", "lstm", "3"), ("baseline", "majority", ""),
    ]  # fmt: skip
    assert float(rows[0]["mean"]) == pytest.approx(0.5 + 0.12 + 0.02 + 0.2 + 0.01)
    assert errors.count("rnnlab: warning: ") == 2


@pytest.mark.parametrize("given", [["cell,cell.hidden_size"], ["cell", "--by", "cell.hidden_size"]])
def test_by_several_keys(
    trained: Path, given: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", str(trained), "--format", "csv", "--by", *given]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1 + 4 + 1


@pytest.mark.parametrize(("name", "start"), [("markdown", "| cell |"), ("latex", r"\begin{tab")])
def test_only_the_table_goes_to_standard_output(
    trained: Path, name: str, start: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", str(trained), "--format", name]) == 0
    said, errors = capsys.readouterr()
    assert said.startswith(start)
    assert "Best" not in said
    assert errors.startswith("rnnlab: warning: 1 of 13 runs has not finished")


def test_pictures_and_page(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    page, folder = tmp_path / "page.html", tmp_path / "pictures"
    assert main(["compare", str(trained), "--html", str(page), "--plot", str(folder)]) == 0
    names = ["curves.png", "heatmap.png", "intervals.png"]
    assert sorted(path.name for path in folder.iterdir()) == names
    assert page.read_text().count('src="data:image/png;base64,') == 3
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["gone"], "PATH=gone: there is no such folder"),
        (["outputs", "--format", "excel"], "--format=excel: unknown; valid: table, csv, markdown"),
        (["outputs", "--metric", "acc"], "--metric=acc: no run has it; valid: parameters, test/"),
        (["outputs", "--by", "cel"], "--by=cel: is no key in which the runs differ; did you mean"),
        (["outputs", "--better", "up"], "--better=up: is no direction; valid: lower, higher"),
        (["outputs", "--html", "gone/a.html"], "--html=gone/a.html: there is no folder "),
        (["outputs", "--plot", "gone/a"], "--plot=gone/a: there is no folder "),
        (["empty"], "there is no finished run in empty"),
        ([], "Missing argument 'PATH...'."),
    ],
)
def test_what_is_wrong_is_one_line(
    trained: Path,
    arguments: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(trained.parent)
    (trained.parent / "empty").mkdir()
    assert main(["compare", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"rnnlab: error: {said}")
    assert captured.err.count("\n") == 1


def test_the_file_is_checked_before_any_run_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", str(tmp_path / "gone"), "--html", str(tmp_path)]) == 2
    assert "--html=" in capsys.readouterr().err


def test_help_imports_nothing_slow() -> None:
    code = (
        "import sys; from rnnlab.cli import main; main(['compare', '--help']);"
        "heavy = {'torch', 'numpy', 'scipy', 'matplotlib', 'mlflow'};"
        "sys.exit(', '.join(heavy & sys.modules.keys()) or None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_without_pictures_matplotlib_is_not_imported(trained: Path) -> None:
    code = (
        "import sys; from rnnlab.cli import main; main(sys.argv[1:]);"
        "sys.exit('matplotlib' in sys.modules or 'mlflow' in sys.modules)"
    )
    command = [sys.executable, "-c", code, "compare", str(trained)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
