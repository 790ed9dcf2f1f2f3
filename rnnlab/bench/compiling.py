"""What the engines and peers that compile cost before the first step: ``rnnlab bench compile``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from rnnlab.bench.cells import Plan, measure, offers
from rnnlab.bench.compile_time import compile_seconds
from rnnlab.bench.record import Measured, Result
from rnnlab.bench.size import Size
from rnnlab.errors import RunFailed

_NAMES = {"jax": "lax.scan"}  # a peer's name is that of the package, a table's that of the function


def measure_compiling(
    plan: Plan, cell: str, size: Size, keep: Callable[[Result], None], say: Callable[[str], None]
) -> None:
    """Measure what compiling costs each candidate of a case but torch's own module.

    Args:
        plan: What to measure.
        cell: The cell.
        size: B, T and H.
        keep: Is given the result, also of a case that was interrupted.
        say: Is told of each candidate before its minutes begin.
    """
    result = Result(cell, size, [], 0)
    try:
        for kind, name, _ in offers(plan, plan.case(cell, size)):
            if name == "torch":
                continue
            say(f"{cell} {size} {name} …")
            label = _NAMES.get(name, name)
            try:
                found = compile_seconds(_asked(plan, cell, size, kind, name))
            except RunFailed as error:
                result.measured.append(Measured(label, kind, trouble=str(error)))
            else:
                result.compile_seconds[label] = found
    finally:
        keep(result)


def measure_engines(
    plan: Plan,
    cell: str,
    size: Size,
    keep: Callable[[Result], None],
    known: dict[tuple[str, int, str], dict[str, float]],
) -> None:
    """Measure a step of each engine, and what compiling costs it.

    Args:
        plan: What to measure; without peers.
        cell: The cell.
        size: B, T and H.
        keep: Is given the result.
        known: What compiling costs by cell, H and engine; B and T change nothing. It is added to.
    """
    results: list[Result] = []
    measure(plan, cell, size, results.append)
    for result in results:
        for item in result.measured:
            key = (cell, size.H, item.name)
            if item.trouble:
                continue
            try:
                if key not in known:
                    known[key] = compile_seconds(_asked(plan, cell, size, item.kind, item.name))
            except RunFailed as error:
                item.trouble = str(error)
            else:
                result.compile_seconds[item.name] = known[key]
        keep(result)


def _asked(plan: Plan, cell: str, size: Size, kind: str, name: str) -> Mapping[str, Any]:
    return {
        "cell": cell,
        "size": str(size),
        "arguments": list(plan.arguments),
        "seed": plan.seed,
        "device": plan.device,
        "threads": torch.get_num_threads(),
        "kind": kind,
        "name": name,
    }
