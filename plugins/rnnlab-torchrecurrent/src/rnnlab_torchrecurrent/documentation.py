"""The docstring of an adapted cell, from that of the package's own."""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection


def documentation(ours: str, theirs: str, arguments: Collection[str]) -> str:
    """Return a docstring of rnnlab's kind.

    Args:
        ours: Name and source of the cell, and what differs here; its ``Args:`` prevail.
        theirs: The package's docstring: title, link, formulas, ``Args:`` and sections about calls.
        arguments: Those that the adapted cell takes.
    """
    summary, own = _parts(ours)
    prose, meanings = _parts(theirs)
    _title, _link, *formulas = prose.split("\n\n")
    meanings |= own
    listed = [f"    {name}: {meanings[name]}" for name in arguments if name in meanings]
    return "\n\n".join([summary, *formulas, "\n".join(["Args:", *listed])])


def _parts(docstring: str) -> tuple[str, dict[str, str]]:
    """Return what precedes ``Args:``, and the meaning of each argument without its default."""
    prose, _, rest = inspect.cleandoc(docstring).partition("\nArgs:\n")
    section = re.split(r"\n(?=\S)", rest, maxsplit=1)[0]
    entries = re.findall(r"^ {4}(\w+): ((?:.|\n {5,})*)", section, re.MULTILINE)
    # The package names functions as defaults, and for FastGRNN one that it does not have.
    return prose.strip(), {name: re.split(r"\s*Default:", text)[0] for name, text in entries}
