"""Cells x engines x sizes, beside their peers: what ``rnnlab bench`` measures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from rnnlab.bench.candidate import Array, Candidate
from rnnlab.bench.case import Case, make_case
from rnnlab.bench.machine import Others
from rnnlab.bench.peers import peer
from rnnlab.bench.record import Measured, Result
from rnnlab.bench.size import Size
from rnnlab.bench.timing import Times, in_turn, seconds_of
from rnnlab.bench.torch_layers import engine
from rnnlab.errors import ConfigError, nearest, one_line
from rnnlab.recurrence.engines import ENGINES, check_engine

_TOLERANCE = 0.01  # float32 over a thousand steps; a wrong weight is off by more

Offer = tuple[str, str, Callable[[], Candidate | None]]
"""Kind and name of a candidate, and what makes it: None where there is none for this cell."""


@dataclass(frozen=True)
class Plan:
    """What to measure.

    Args:
        cells: Names of cells.
        sizes: B, T and H of each case.
        engines: Names of engines; None for all that can run the cell.
        peers: Names of peers.
        arguments: Further constructor arguments of the cells.
        seconds: For each case.
        seed: Decides weights, inputs and the order of turns.
        device: Where the layers run.
        memory: Whether to measure memory, too.
    """

    cells: Sequence[str]
    sizes: Sequence[Size]
    engines: Sequence[str] | None = None
    peers: Sequence[str] = ()
    arguments: Sequence[str] = ()
    seconds: float = 10.0
    seed: int = 0
    device: str = "cpu"
    memory: bool = True

    def cases(self) -> Iterator[tuple[str, Size]]:
        """Yield the cell and the size of each case, in the order of measuring."""
        for cell in self.cells:
            for size in self.sizes:
                yield cell, size

    def case(self, cell: str, size: Size) -> Case:
        """Return a case of the plan; see :func:`make_case`."""
        return make_case(cell, size, self.arguments, seed=self.seed, device=self.device)

    def engines_of(self, case: Case) -> list[str]:
        """Return the engines that run a case."""
        if self.engines is not None:
            return list(self.engines)
        return [
            name
            for name, each in ENGINES.items()
            if each.cell_refusal(case.cell) is None
            and each.call_refusal(case.x, None, None) is None
        ]


def check_plan(plan: Plan) -> None:
    """Check all that can be wrong, before minutes are spent on what is not.

    Raises:
        ConfigError: A cell cannot be made, there is no such engine, or it cannot run the cell.
    """
    for name in plan.engines or ():
        if name not in ENGINES:
            near = nearest(name, ENGINES)
            raise ConfigError(
                "no such engine", key="--engine", value=name, valid=ENGINES, near=near
            )
    for cell in plan.cells:
        for units in dict.fromkeys(size.H for size in plan.sizes):
            case = plan.case(cell, Size(1, 1, units))
            for name in plan.engines or ():
                try:
                    check_engine(name, case.cell)
                except ConfigError as error:
                    able = replace(plan, engines=None).engines_of(case)
                    why = f"cannot run {cell}: {error.why}"
                    raise ConfigError(why, key="--engine", value=name, valid=able) from error


def measure(plan: Plan, cell: str, size: Size, keep: Callable[[Result], None]) -> None:
    """Measure one case.

    Args:
        plan: What to measure.
        cell: The cell.
        size: B, T and H.
        keep: Is given the result, also of a case that was interrupted after a round of its turns.
    """
    case = plan.case(cell, size)
    measured: list[Measured] = []
    able = list(_warm(offers(plan, case), measured))
    times: dict[str, Times] = {}
    others = Others()
    try:
        in_turn(able, plan.seconds, times, seed=plan.seed)
        if plan.memory:
            _remember_memory(able, measured)
    finally:
        percent = others.percent()
        if times or not able:
            for item in measured:
                found = times.get(item.name, Times())
                item.forward, item.forward_backward = found.forward, found.forward_backward
            learnt = sum(each.numel() for each in case.cell.parameters() if each.requires_grad)
            keep(Result(cell, size, measured, learnt, others_percent=percent))


def offers(plan: Plan, case: Case) -> Iterator[Offer]:
    """Yield the candidates of a case, peers first; none is made yet."""
    for name in plan.peers:
        yield "peer", name, partial(peer, name, case)
    for name in plan.engines_of(case):
        yield "engine", name, partial(engine, name, case)


def _warm(offered: Iterable[Offer], measured: list[Measured]) -> Iterator[Candidate]:
    """Yield the candidates that compute what the first one does, each after its first runs."""
    expected: tuple[Array, Array] | None = None
    for kind, name, make in offered:
        try:
            candidate = make()
            if candidate is None:
                continue
            first = seconds_of(candidate.forward_backward)
            item = Measured(candidate.name, kind, first_seconds=first)
            candidate.forward()
            candidate.forward_backward()
            candidate.forward()
            results = candidate.results()
            if expected is None:
                expected = results
            item.difference = difference(results, expected)
        except Exception as error:  # whatever a compiler or a stranger's cell raises
            said = one_line(f"{type(error).__name__}: {error}")
            measured.append(Measured(name, kind, trouble=said[:300]))
            continue
        measured.append(item)
        if item.difference > _TOLERANCE:
            item.trouble = f"computes something else: differs by {item.difference:.1e}"
            continue
        yield candidate


def difference(results: Sequence[Array], expected: Sequence[Array]) -> float:
    """Return the greatest difference of some arrays over the greatest number of each."""
    found = 0.0
    for one, other in zip(results, expected, strict=True):
        scale = max(float(np.abs(other).max(initial=0.0)), 1e-12)
        gap = float(np.abs(one - other).max(initial=0.0)) / scale
        found = max(found, gap) if np.isfinite(gap) else float("inf")
    return found


def _remember_memory(candidates: Sequence[Candidate], measured: Sequence[Measured]) -> None:
    by_name = {item.name: item for item in measured}
    for candidate in candidates:
        item = by_name[candidate.name]
        item.resident_bytes = candidate.resident_bytes()
        item.allocated_bytes = candidate.allocated_bytes()
