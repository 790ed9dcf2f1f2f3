"""What several processes of one training agree on; with one process all of this is trivial."""

from __future__ import annotations

from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

Value = TypeVar("Value")


def count() -> int:
    """Return how many processes train together."""
    return dist.get_world_size() if _several() else 1


def rank() -> int:
    """Return which of them this is, from 0."""
    return dist.get_rank() if _several() else 0


def total(values: Tensor) -> Tensor:
    """Return the sum over processes of a tensor that all have in one shape."""
    if not _several():
        return values
    summed = values.clone()
    dist.all_reduce(summed)
    return summed


def any_of(here: bool, device: torch.device) -> bool:
    """Return whether something is true in any process; all must ask at the same place."""
    if not _several():
        return here
    return bool(total(torch.tensor(float(here), device=device)) > 0)


def gather(value: Value) -> list[Value]:
    """Return the values of all processes by rank, in every process."""
    if not _several():
        return [value]
    gathered: list[Value | None] = [None] * count()
    dist.all_gather_object(gathered, value)
    return gathered  # type: ignore[return-value]


def _several() -> bool:
    return dist.is_available() and dist.is_initialized()
