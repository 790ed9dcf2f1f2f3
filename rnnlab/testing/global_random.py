"""The random state that a whole process shares."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed Python, numpy and torch as a run does, and put everything back afterwards."""
    before = _states()
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  (the state that libraries share is meant)
    torch.manual_seed(seed)
    try:
        yield
    finally:
        random.setstate(before["random"])
        np.random.set_state(before["numpy.random"])  # noqa: NPY002
        torch.set_rng_state(before["torch"])


@contextmanager
def watched(used: list[str]) -> Iterator[None]:
    """Fill a list with the names of the shared generators that were drawn from or seeded."""
    before = {name: str(_plain(state)) for name, state in _states().items()}
    yield
    after = {name: str(_plain(state)) for name, state in _states().items()}
    used += [name for name in before if before[name] != after[name]]


def _states() -> dict[str, Any]:
    return {
        "random": random.getstate(),
        "numpy.random": np.random.get_state(),  # noqa: NPY002
        "torch": torch.get_rng_state(),
    }


def _plain(state: Any) -> Any:
    if isinstance(state, torch.Tensor):
        return state.tolist()
    if isinstance(state, tuple):
        return tuple(part.tolist() if isinstance(part, np.ndarray) else part for part in state)
    return state
