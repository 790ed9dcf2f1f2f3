"""On what a measurement was made: figures of different machines are not compared."""

from __future__ import annotations

import os
import platform
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

from rnnlab.errors import ConfigError

_PACKAGES = ("rnnlab", "torch", "jax", "jaxlib", "keras", "numpy")


def machine(threads: int, device: str = "cpu") -> dict[str, Any]:
    """Return processor, cores, threads, system and versions, as plain values.

    Args:
        threads: What torch and XLA were given.
        device: Where the layers run.
    """
    return {
        "processor": processor(),
        "cores": cores(),
        "threads": threads,
        "device": _device(device),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: found for name in _PACKAGES if (found := _version(name)) is not None},
    }


def described(found: dict[str, Any]) -> str:
    """Return a machine in a line or two."""
    packages = ", ".join(f"{name} {of}" for name, of in found["packages"].items())
    device = "" if found["device"] == "cpu" else f", {found['device']}"
    return (
        f"{found['processor']}, {_counted(found['cores'], 'core')}, "
        f"{_counted(found['threads'], 'thread')}{device}, "
        f"{found['system']}\nPython {found['python']}, {packages}"
    )


def check_device(name: str) -> None:
    """Check that layers can run on a device.

    Raises:
        ConfigError: This machine has no such device.
    """
    import torch

    present = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if not present.get(name, False):
        valid = [kind for kind, there in present.items() if there]
        raise ConfigError("is not on this machine", key="--device", value=name, valid=valid)


def set_threads(threads: int | None) -> int:
    """Set and return the number of threads that torch computes with."""
    import torch

    if threads is not None:
        torch.set_num_threads(threads)
    return torch.get_num_threads()


class Others:
    """How much of the processors other processes take from now on."""

    def __init__(self) -> None:
        self._begun, self._busy, self._own = _now()

    def percent(self) -> float:
        """Return their share of all processors' time until now."""
        now, busy, own = _now()
        spent = (busy - self._busy) - (own - self._own)
        available = (now - self._begun) * (psutil.cpu_count() or 1)
        return min(max(100 * spent / max(available, 1e-9), 0.0), 100.0)


def _now() -> tuple[float, float, float]:
    """Return the time, and the seconds that all processes and this one have computed."""
    times = psutil.cpu_times()
    waited = times.idle + getattr(times, "iowait", 0.0)
    # On Linux the time of guests is in that of users already.
    counted = sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
    own = psutil.Process().cpu_times()
    return time.perf_counter(), counted - waited, own.user + own.system


def processor() -> str:
    """Return the name of the CPU's model."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _device(name: str) -> str:
    if not name.startswith("cuda"):
        return name
    import torch

    return torch.cuda.get_device_name(name)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
