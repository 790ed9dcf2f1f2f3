"""What is said while a tracking store cannot be used: one warning an outage, and few of them."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from rnnlab.tracking.lookup import Deleted

_log = logging.getLogger(__name__)


class Outage:
    """Notes when a store stops and starts to answer, and warns of both.

    A store that comes and goes is told of again only after ``silence``.

    Args:
        uri: The store, without password.
        folder: Where what it lacks is kept meanwhile.
        silence: Seconds after a warning in which there is no other.
    """

    def __init__(self, uri: str, folder: Path, silence: float = 600.0) -> None:
        self._uri, self._folder, self._silence = uri, folder, silence
        self._told, self._told_at = False, -silence
        self.lasts = False
        self.why = "no answer in time"

    def begin(self, error: Exception, *, quiet: bool = False) -> None:
        """Note that the store cannot be used, for the first time or again."""
        self.why = first_line(error)
        new, self.lasts = not self.lasts, True
        if quiet or not new or time.monotonic() < self._told_at + self._silence:
            return
        self._told, self._told_at = True, time.monotonic()
        _log.warning(
            "MLflow at %s cannot be used (%s); the run goes on, and points are kept in %s",
            self._uri,
            self.why,
            self._folder,
        )

    def end(self) -> None:
        """Note that everything has been sent."""
        if self._told:
            _log.warning("MLflow at %s has got all that was kept", self._uri)
        self._told = self.lasts = False


def first_line(error: Exception) -> str:
    """Return the first line of an error's message, not longer than a message should be."""
    line = (str(error) or type(error).__name__).splitlines()[0]
    # What was deleted comes with the command that restores it.
    return line if isinstance(error, Deleted) else line[:200]
