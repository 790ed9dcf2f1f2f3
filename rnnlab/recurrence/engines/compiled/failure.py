"""What a cell cannot be compiled for."""

from __future__ import annotations


class CompileFailed(Exception):
    """A cell cannot be compiled; the text says why, in one line, and names the operation."""


class CompileTooSlow(Exception):
    """A cell can be compiled, but that takes longer than there is time for; the text says why."""
