"""Candidates timed in turn, so that whatever else the machine does meets all of them."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random

from rnnlab.bench.candidate import Candidate

FEWEST, MOST = 5, 200
"""Rounds; between these the time that is given decides."""

_TURN = 0.02  # seconds that a turn lasts at least, so that small sizes are measured often enough


@dataclass
class Times:
    """What was measured of one candidate, in seconds.

    Args:
        forward: Of each forward pass.
        forward_backward: Of each forward and backward pass.
    """

    forward: list[float] = field(default_factory=list)
    forward_backward: list[float] = field(default_factory=list)


def in_turn(
    candidates: Sequence[Candidate], seconds: float, times: dict[str, Times], *, seed: int = 0
) -> None:
    """Time candidates that are warm already, in rounds of one turn for each.

    The order changes from round to round: the threads of the one before may still spin. So does
    the first run of each turn tell nothing, and it is not counted.

    Args:
        candidates: Each with a name of its own.
        seconds: After so many no further round begins, but for the :data:`FEWEST`.
        times: Filled by name as it goes, so that an interrupt loses only the round it falls into.
        seed: Decides the order.
    """
    order, random = list(candidates), Random(seed)
    begun = time.perf_counter()
    with _no_collection():
        for done in range(MOST):
            if done >= FEWEST and time.perf_counter() - begun >= seconds:
                return
            random.shuffle(order)
            round_of = {candidate.name: _turn(candidate) for candidate in order}
            for name, found in round_of.items():
                kept = times.setdefault(name, Times())
                kept.forward += found.forward
                kept.forward_backward += found.forward_backward
            gc.collect()


def seconds_of(run: Callable[[], object]) -> float:
    """Return how long a call takes; what it returns is freed afterwards."""
    begun = time.perf_counter()
    kept = run()
    spent = time.perf_counter() - begun
    del kept
    return spent


def _turn(candidate: Candidate) -> Times:
    candidate.forward_backward()
    return Times(
        forward_backward=list(_repeated(candidate.forward_backward)),
        forward=list(_repeated(candidate.forward)),
    )


def _repeated(run: Callable[[], object]) -> Iterator[float]:
    spent = 0.0
    while spent < _TURN:
        taken = seconds_of(run)
        spent += taken
        yield taken


@contextmanager
def _no_collection() -> Iterator[None]:
    # A collection of Python's takes milliseconds, and would meet some and not others. What is there
    # now is left out of those between the rounds: they would empty the processor's caches.
    was = gc.isenabled()
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.unfreeze()
        if was:
            gc.enable()
