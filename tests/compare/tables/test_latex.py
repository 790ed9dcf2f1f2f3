from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.compare.comparison import Comparison
from rnnlab.compare.tables.latex import as_latex, escaped


def test_each_row_has_as_many_cells_as_there_are_columns(nasty: Comparison) -> None:
    first, *lines, last = as_latex(nasty).splitlines()
    assert first == r"\begin{tabular}{lrrrrr}"
    assert last == r"\end{tabular}"
    rows = [line for line in lines if line != r"\hline"]
    assert len(rows) == 5
    for row in rows:
        assert row.endswith(r" \\")
        assert len(re.findall(r"(?<!\\)&", row)) == 5


def test_a_minus_of_a_number_is_one(nasty: Comparison) -> None:
    assert "& $-$0.4111 &" in as_latex(nasty)


# A backslash that was in the text is a command, so that what follows one is always from here.
_COMMAND = r"\\(?:text\w+\{\}|char34\{\}|[{}$&#%_])"


@given(st.text())
def test_nothing_of_the_text_is_left_that_means_something(text: str) -> None:
    found = escaped(text)
    left = re.sub(_COMMAND, "", found)
    left = re.sub(r"\{[\[\]-]\}", "", left)
    assert not set(left) & set("\\{}$&#%_^~<>|\"'`[]-\n")


def test_it_compiles(nasty: Comparison, tmp_path: Path) -> None:
    program = shutil.which("pdflatex")
    if program is None:
        pytest.skip("there is no pdflatex")
    document = rf"\documentclass{{article}}\begin{{document}}{as_latex(nasty)}\end{{document}}"
    (tmp_path / "page.tex").write_text(document)
    command = [program, "-no-shell-escape", "-halt-on-error", "page.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
