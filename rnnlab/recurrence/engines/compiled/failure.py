"""What a cell cannot be compiled for."""

from __future__ import annotations


class CompileFailed(Exception):
    """A cell cannot be compiled; the text says why, in one line, and names the operation."""
