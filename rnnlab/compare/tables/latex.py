"""The table in LaTeX, without any package."""

from __future__ import annotations

from collections.abc import Sequence

from rnnlab.compare.comparison import Comparison
from rnnlab.compare.tables.rows import label_columns, shown
from rnnlab.errors import one_line

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    # \textquotedbl is not there in LaTeX's own default encoding.
    '"': r"\char34{}",
    "–": "--",
    # At the beginning of a line after \\ a bracket would be its argument.
    "[": "{[}",
    "]": "{]}",
    # Ligatures would make other signs of these.
    "-": "{-}",
    "'": r"\textquotesingle{}",
    "`": r"\textasciigrave{}",
}


def as_latex(comparison: Comparison) -> str:
    """Return a ``tabular``; letters of any script stay as they are, and need a font."""
    return table(*shown(comparison), label_columns(comparison))


def table(head: Sequence[str], cells: Sequence[Sequence[str]], labels: int) -> str:
    """Return a ``tabular``.

    Args:
        head: The names of the columns.
        cells: The rows.
        labels: How many columns hold text; those after them hold numbers.
    """
    kinds = "l" * labels + "r" * (len(head) - labels)

    def line(row: Sequence[str]) -> str:
        numbers = [escaped(text).replace("{-}", "$-$") for text in row[labels:]]
        return rf"{' & '.join([*map(escaped, row[:labels]), *numbers])} \\"

    lines = [
        rf"\begin{{tabular}}{{{kinds}}}",
        r"\hline",
        line(head),
        r"\hline",
        *map(line, cells),
        r"\hline",
        r"\end{tabular}",
    ]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Return a text such that LaTeX sets it as it is."""
    return "".join(_SPECIAL.get(sign, sign) for sign in one_line(text))
