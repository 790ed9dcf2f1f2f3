"""How much memory a call needs beyond what is there before it."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from statistics import median

import torch

_SELF = Path("/proc/self")


def allocated_bytes(run: Callable[[], object], device: torch.device) -> int | None:
    """Return the most that torch's allocator gives out at a time during a call.

    On the CPU these are the events that ``torch.profiler`` records, summed over time: every tensor,
    oneDNN's workspaces and what compiled code allocates too, counted by the size that was asked
    for. On CUDA it is what ``torch.cuda`` counts.

    Args:
        run: The call; what it returns is still counted.
        device: Where its tensors are.

    Returns:
        Bytes, or None for devices that do not tell.
    """
    gc.collect()
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        run()
        return torch.cuda.max_memory_allocated(device) - before
    if device.type != "cpu":
        return None
    activities = [torch.profiler.ProfilerActivity.CPU]
    with torch.profiler.profile(activities=activities, profile_memory=True) as profile:
        run()
    recorded = profile.profiler.kineto_results.events() if profile.profiler else []
    events = [event for event in recorded if event.name() == "[memory]"]
    held = most = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        held += event.nbytes()
        most = max(most, held)
    return most


def resident_bytes(run: Callable[[], object]) -> int | None:
    """Return by how much a call raises the memory that the process really occupies.

    It counts the pages that were touched, by whatever library, and the gaps that its allocator
    leaves between; the median of three calls, as those gaps differ.

    Returns:
        Bytes, or None where the system is not Linux or does not tell.
    """
    return _median([_resident_bytes(run) for _ in range(3)])


def _median(found: list[int | None]) -> int | None:
    known = [item for item in found if item is not None]
    return round(median(known)) if known else None


def _resident_bytes(run: Callable[[], object]) -> int | None:
    gc.collect()
    with suppress(OSError, AttributeError):
        # Freed memory that glibc has kept would hide that the call needs it again.
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    try:
        (_SELF / "clear_refs").write_text("5")  # the peak is now what there is now
        before = _status("VmRSS")
        kept = run()
        peak = _status("VmHWM")
        del kept
    except (OSError, LookupError):
        return None
    return max(peak - before, 0)


def _status(name: str) -> int:
    for line in (_SELF / "status").read_text().splitlines():
        key, _, value = line.partition(":")
        if key == name:
            return int(value.split()[0]) * 1024
    raise LookupError(name)
