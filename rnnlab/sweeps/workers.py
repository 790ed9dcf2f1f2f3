"""How many runs this machine executes at a time, and with how many threads each."""

from __future__ import annotations

import os

import psutil

_BYTES = 1_000_000_000  # what a run takes that is not large


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def fitting() -> int:
    """Return how many runs fit: a processor and about a gigabyte of memory for each."""
    memory = psutil.virtual_memory().available // _BYTES
    return max(1, min(processors(), int(memory)))


def threads_of(workers: int) -> int:
    """Return how many threads each of some runs may use."""
    return max(1, processors() // workers)
