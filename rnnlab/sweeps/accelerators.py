"""Which accelerators each run may see: no two runs that are executed at a time share one."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

VISIBLE = "CUDA_VISIBLE_DEVICES"
"""What tells CUDA which devices there are; others than CUDA's cannot be hidden from a process."""

_CUDA = ("auto", "gpu", "cuda")


def needed(plain: Mapping[str, Any]) -> int | None:
    """Return how many accelerators a run uses.

    Args:
        plain: Its config as plain values.

    Returns:
        0 for a run on CPUs; 1 for one that would take all that it sees, since in a sweep it is
        not alone; None for one that names those it wants.
    """
    trainer = plain["trainer"]
    if trainer["accelerator"] not in _CUDA:
        return 0
    devices = trainer["devices"]
    if isinstance(devices, int):
        return devices
    return 1 if devices == "auto" else None


class Accelerators:
    """Those of this machine that no run has.

    Args:
        setting: ``executor.accelerators``: their numbers, or ``auto`` for all.
    """

    def __init__(self, setting: Sequence[int] | str) -> None:
        self._free = _all() if isinstance(setting, str) else [str(number) for number in setting]
        self.count = len(self._free)

    def has(self, number: int | None) -> bool:
        """Return whether so many are free; where there are none at all, none are asked for."""
        return not self.count or number is None or number <= len(self._free)

    def take(self, number: int | None) -> list[str] | None:
        """Take some, and return what to call them; None where nothing is to be hidden."""
        if not self.count or number is None:
            return None
        taken, self._free = self._free[:number], self._free[number:]
        return taken

    def give_back(self, taken: Sequence[str] | None) -> None:
        """Let others have what was taken."""
        self._free += taken or []


def _all() -> list[str]:
    named = os.environ.get(VISIBLE)
    if named is not None:
        return [name for name in named.split(",") if name]
    import torch

    return [str(number) for number in range(torch.cuda.device_count())]
