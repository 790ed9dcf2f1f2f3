"""The clock inside a contender: it times slices of steps, and stops the process between them."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from pathlib import Path

_EVEN = 10  # steps: a slice holds as many steps that are logged as any other


class Slices:
    """Calls of :meth:`mark` before each training step make slices of whole steps.

    Args:
        seconds: The least length of a slice.
        count: How many slices are measured; the first, which warms up, not counted.
        report: Where the milliseconds per step of each slice are written, ``wall`` and ``cpu``;
            the latter are those of all threads, and do not grow with what other programs do.
    """

    def __init__(self, seconds: float, count: int, report: Path) -> None:
        self._seconds, self._count, self._report = seconds, count, report
        self._times: list[tuple[float, float]] = []
        self._steps = 0
        self._began: tuple[float, float] | None = None

    def mark(self) -> None:
        """Note that a step begins; at the end of a slice, stop until this process is woken."""
        if self._began is None:
            self._pause()
            return
        self._steps += 1
        if self._steps % _EVEN:
            return
        spent, cpu = (now - began for now, began in zip(_now(), self._began, strict=True))
        if spent < self._seconds:
            return
        self._times.append((1e3 * spent / self._steps, 1e3 * cpu / self._steps))
        if len(self._times) > self._count:
            wall, cpus = zip(*self._times[1:], strict=True)
            self._report.write_text(json.dumps({"wall": wall, "cpu": cpus}))
            # Half a training is left. Nobody wants its end, its tests and its results.
            os._exit(0)
        self._pause()

    def _pause(self) -> None:
        # Sent to the process, it could reach another thread first and let this one go on a while.
        signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
        self._steps, self._began = 0, _now()


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()
