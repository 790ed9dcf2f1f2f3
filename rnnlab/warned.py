"""Warnings of rnnlab's own on the console, in the form that its errors have."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rnnlab.errors import one_line


class _Shown(logging.StreamHandler):
    """Shows warnings; errors are shown where the command ends."""

    def __init__(self) -> None:
        super().__init__(sys.stderr)
        self.addFilter(lambda record: record.levelno == logging.WARNING)

    def format(self, record: logging.LogRecord) -> str:
        return one_line(f"rnnlab: warning: {record.getMessage()}")


@contextmanager
def warnings_shown() -> Iterator[None]:
    """Show on stderr what rnnlab warns of meanwhile, once, however often this is nested."""
    own = logging.getLogger("rnnlab")
    if any(isinstance(handler, _Shown) for handler in own.handlers):
        yield
        return
    shown = _Shown()
    own.addHandler(shown)
    try:
        yield
    finally:
        own.removeHandler(shown)
