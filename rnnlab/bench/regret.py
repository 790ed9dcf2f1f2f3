"""What ``engine=auto`` would cost over the best engine, from a measurement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rnnlab.bench.case import Case, make_case
from rnnlab.bench.record import Record, Result
from rnnlab.recurrence.engines import Choice, choose

RUN_LENGTHS = (50, 500, 5_000, 50_000)
"""Training steps of a run: from a first try to a long training."""

_NOISE = 0.5  # seconds; what a first call takes that compiles nothing differs by as much

Cache = Literal["cold", "warm"]


@dataclass(frozen=True)
class Regret:
    """One choice of ``auto``, judged by what was measured.

    Args:
        cell: The cell.
        size: B, T and H, as text.
        steps: Training steps of the run.
        chosen: What ``auto`` takes.
        reason: Why, in its words.
        best: What would have been fastest.
        seconds: What the whole run spends in the layer by what was chosen: compiling, and forward
            and backward of each step; None where the engine that was chosen was not measured.
        best_seconds: The same by the best.
    """

    cell: str
    size: str
    steps: int
    chosen: str
    reason: str
    best: str
    seconds: float | None
    best_seconds: float

    @property
    def value(self) -> float | None:
        """By what part the run is slower than by the best: 0 where the best was chosen."""
        return None if self.seconds is None else self.seconds / self.best_seconds - 1


def regrets(
    record: Record, lengths: Sequence[int] = RUN_LENGTHS, cache: Cache = "cold"
) -> Iterator[Regret]:
    """Yield the regret of each case and run length.

    Args:
        record: What ``rnnlab bench auto`` has measured.
        lengths: Training steps.
        cache: What compilers find on disk.
    """
    setting = record.setting
    for result in record.results:
        case = make_case(
            result.cell, result.size, setting["arguments"], seed=setting["seed"],
            device=setting["device"],
        )  # fmt: skip
        for steps in lengths:
            totals = _totals(result, steps, cache)
            if not totals:
                continue
            choice = chosen(case, steps)
            best = min(totals, key=lambda name: totals[name])
            yield Regret(
                result.cell,
                str(result.size),
                steps,
                choice.name,
                choice.reason,
                best,
                totals.get(choice.name),
                totals[best],
            )


def chosen(case: Case, steps: int) -> Choice:
    """Return what ``engine=auto`` takes for a run of so many training steps."""
    return choose("auto", case.cell, case.x, None, None, steps=steps)


def _totals(result: Result, steps: int, cache: Cache) -> dict[str, float]:
    """Return the seconds that a run spends in the layer, by engine."""

    def compiling(engine: str) -> float:
        found = result.compile_seconds[engine][cache]
        return found if found > _NOISE else 0.0

    return {
        item.name: compiling(item.name) + steps * item.seconds
        for item in result.measured
        if item.kind == "engine" and not item.trouble and item.name in result.compile_seconds
    }
