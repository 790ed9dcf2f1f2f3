"""Running what a stranger's module does while it is imported, and outliving it.

It may raise anything, end the program, print, or never end. It runs in a thread of its own: what
is raised there ends nothing else, an interrupt still reaches the main thread, and one that swallows
every exception can be left behind.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from contextvars import copy_context
from math import isfinite
from threading import Thread
from typing import Generic, TypeVar

from rnnlab.errors import ConfigError

T = TypeVar("T")

LIMIT = "RNNLAB_IMPORT_TIMEOUT"
"""The environment variable for the seconds that a plugin's import may take."""

DEFAULT_LIMIT = 60.0


class Faulty(Exception):
    """A component that is of no use; the message says why, and fits after its package's name."""


def guarded(work: Callable[[], T], what: str) -> T:
    """Return what ``work`` returns, in a limited time; what it prints goes to standard error.

    Args:
        work: Runs code of a plugin's.
        what: What that is, for the message: ``cannot be imported``.

    Raises:
        Faulty: It raised anything, or has not ended in time.
        ConfigError: The limit in the environment is no number of seconds.
    """
    seconds = limit()
    attempt = _Attempt(work)
    thread = Thread(target=copy_context().run, args=(attempt.run,), daemon=True, name="import")
    with _stdout_on_stderr():
        thread.start()
        thread.join(seconds)
    if thread.is_alive():
        raise Faulty(f"{what}: it has not ended after {seconds:g} s ({LIMIT} sets this limit)")
    if attempt.error is not None:
        raise Faulty(f"{what}: {attempt.said}") from attempt.error
    (result,) = attempt.results
    return result


def limit() -> float:
    """Return the seconds that a plugin's import may take.

    Raises:
        ConfigError: The environment holds something else.
    """
    text = os.environ.get(LIMIT, "")
    try:
        seconds = float(text or DEFAULT_LIMIT)
    except ValueError:
        seconds = 0.0
    if not isfinite(seconds) or not 0 < seconds < 1e6:
        raise ConfigError("must be a number of seconds, above 0", key=LIMIT, value=text)
    return seconds


class _Attempt(Generic[T]):
    """A call and what came of it: a result, or what was raised and what that said."""

    def __init__(self, work: Callable[[], T]) -> None:
        self.work = work
        self.results: list[T] = []
        self.error: BaseException | None = None
        self.said = ""

    def run(self) -> None:
        try:
            self.results.append(self.work())
        except BaseException as error:
            # Asking an error what it says runs the stranger's code, too.
            self.error, self.said = error, type(error).__name__
            with suppress(BaseException):
                first = next(iter(str(error).splitlines()), "")
                self.said = f"{self.said}: {first}" if first else self.said


@contextmanager
def _stdout_on_stderr() -> Iterator[None]:
    """Send to standard error what anything prints, also past Python; output may be a config."""
    with suppress(OSError, ValueError, AttributeError):
        sys.stdout.flush()
    kept = None
    with suppress(OSError):
        kept = os.dup(1)
        os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        if kept is not None:
            os.dup2(kept, 1)
            os.close(kept)
