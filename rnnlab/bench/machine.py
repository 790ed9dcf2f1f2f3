"""On what a measurement was made: figures of different machines are not compared."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rnnlab.errors import ConfigError

_PACKAGES = ("rnnlab", "torch", "jax", "jaxlib", "keras", "numpy")

_BUSY = 10.0  # percent; kernels on several threads wait for each other where a core is taken


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
        f"{found['processor']}, {found['cores']} cores, {found['threads']} threads{device}, "
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


def busy_percent() -> float:
    """Return how much of all processors others take now, while this process waits for a moment."""
    import psutil

    return float(psutil.cpu_percent(interval=0.5))


def busy_warning(percent: float) -> str | None:
    """Return what to say where others took so much that figures may be off, or None."""
    if percent < _BUSY:
        return None
    return f"other processes took {percent:.0f} % of the processors before this began"


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
