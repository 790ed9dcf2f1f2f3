"""What a run's process and its sender say to each other: pickled tuples over two pipes.

====================================  =============================================
the run's process                     its sender
====================================  =============================================
``("open", uri, experiment, …)``
                                      ``("proceed",)``, before it makes anything
``("go",)``
                                      ``("log", logger, level, text)``, at any time
                                      ``("done", run_id)``
``("log_points", [(name, …), …])``
                                      ``("failed", kind, text)``
====================================  =============================================

Every request has one ``done`` or ``failed``, and the next is made after it.
"""

from __future__ import annotations

import pickle
import threading
from contextlib import suppress
from typing import Any, BinaryIO

# Before this line the pipe may hold what a library prints while Python starts.
GREETING = b"rnnlab-sender\n"
DELETED, REFUSED, OTHER = "deleted", "refused", "other"


class Ended(Exception):
    """The other side is gone."""


class Exchange:
    """One side of the two pipes. One thread may listen while others talk.

    Args:
        heard: The pipe that the other side writes to.
        told: The pipe that the other side reads.
    """

    def __init__(self, heard: BinaryIO, told: BinaryIO) -> None:
        self._heard, self._told = heard, told
        self._telling = threading.Lock()

    def greet(self) -> None:
        """Say that from here on nothing but messages comes."""
        with self._telling:
            self._told.write(b"\n" + GREETING)
            self._told.flush()

    def wait_for_greeting(self) -> None:
        """Pass over all that comes before the greeting.

        Raises:
            Ended: None came.
        """
        while (line := self._heard.readline()) != GREETING:
            if not line:
                raise Ended

    def tell(self, *message: Any) -> None:
        """Say one thing.

        Raises:
            Ended: Nobody hears it.
        """
        with self._telling:
            try:
                self._told.write(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))
                self._told.flush()
            except OSError as error:
                raise Ended from error

    def hear(self) -> tuple[Any, ...]:
        """Wait for the next message; other threads go on meanwhile.

        Raises:
            Ended: None will come.
        """
        try:
            message: tuple[Any, ...] = pickle.load(self._heard)
        # One that was broken off is no message.
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            raise Ended from error
        return message

    def close(self) -> None:
        """Close both pipes."""
        # What is left in the buffer of a pipe that nobody reads is lost.
        with suppress(OSError):
            self._told.close()
        self._heard.close()
