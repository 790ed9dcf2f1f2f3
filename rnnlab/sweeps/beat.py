"""The heartbeat of an attempt, by which others tell that it is still being executed.

A beat is a rising number in a file of the attempt. Nobody compares clocks of two machines: whoever
watches measures by its own clock how long it has seen no change.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rnnlab.runs.folder import RunFolder

_BEAT = ".beat"


@contextmanager
def beating(attempt: RunFolder, every: float, each: Callable[[], None]) -> Iterator[None]:
    """Beat in the background.

    Args:
        attempt: Whose heart it is.
        every: Seconds between two beats.
        each: Called after each beat.
    """
    over = threading.Event()

    def beat() -> None:
        number = 0
        while not over.wait(every if number else 0):
            number += 1
            # A disk that is full or away for a while has its say elsewhere.
            with suppress(OSError):
                _file(attempt).write_text(str(number))
            each()

    thread = threading.Thread(target=beat, name="rnnlab-beat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


class Watch:
    """Tells which attempts have not beaten for too long, by this process's own clock.

    Args:
        lease: Seconds without a beat after which an attempt is given up.
    """

    def __init__(self, lease: float) -> None:
        self._lease = lease
        self._seen: dict[Path, tuple[str, float]] = {}

    def expired(self, attempt: RunFolder) -> bool:
        """Return whether an attempt has shown no change for as long as the lease."""
        try:
            beat = _file(attempt).read_text()
        except OSError:
            beat = ""
        now = time.monotonic()
        before, since = self._seen.get(attempt.path, (None, now))
        if beat != before:
            since = now
            self._seen[attempt.path] = (beat, since)
        return now - since > self._lease


def _file(attempt: RunFolder) -> Path:
    return attempt.path / _BEAT
