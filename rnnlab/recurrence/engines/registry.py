"""Which engines there are, and which one runs a batch."""

from __future__ import annotations

from torch import Tensor

from rnnlab.cells.base import Cell
from rnnlab.errors import ConfigError, nearest
from rnnlab.recurrence.engines.auto import fastest, reason
from rnnlab.recurrence.engines.choice import Choice
from rnnlab.recurrence.engines.compiled.engine import Compiled
from rnnlab.recurrence.engines.engine import Engine
from rnnlab.recurrence.engines.fused import Fused
from rnnlab.recurrence.engines.loop import Loop
from rnnlab.recurrence.engines.scan import Scan

ENGINES: dict[str, Engine] = {
    engine.name: engine for engine in (Fused(), Scan(), Compiled(), Loop())
}
"""By name. Where compiling does not pay, ``auto`` takes the first other that can; the last can."""


def check_engine(engine: str, cell: Cell) -> None:
    """Check what can be known before there is a batch.

    Raises:
        ConfigError: There is no such engine, or it can never run this cell.
    """
    if engine == "auto":
        return
    valid = ("auto", *ENGINES)
    if engine not in ENGINES:
        raise ConfigError(
            "no such engine", key="engine", value=engine, valid=valid, near=nearest(engine, valid)
        )
    if refusal := ENGINES[engine].cell_refusal(cell):
        raise ConfigError(refusal, key="engine", value=engine, valid=_able(cell))


def choose(
    engine: str,
    cell: Cell,
    x: Tensor,
    lengths: Tensor | None,
    reset: Tensor | None,
    steps: int | None = None,
    preferred: str | None = None,
) -> Choice:
    """Return the engine that runs ``cell`` on this batch, and why.

    Args:
        engine: A name, or ``auto`` for what :mod:`rnnlab.recurrence.engines.auto` says.
        cell: What is to run.
        x: ``(B, T, F)``.
        lengths: ``(B,)`` or None.
        reset: ``(B, T)`` or None.
        steps: How many batches this run will train on; None where nobody knows.
        preferred: What ``auto`` took before, which it takes again where it can.

    Raises:
        ConfigError: The engine that was asked for cannot, with its reason.
    """
    if engine != "auto":
        check_engine(engine, cell)
        if refusal := ENGINES[engine].call_refusal(x, lengths, reset):
            raise ConfigError(refusal, key="engine", value=engine, valid=("auto", "loop"))
        return Choice(engine, "asked for")
    able: dict[str, str] = {}
    refusals: list[str] = []
    for candidate in ENGINES.values():
        refusal = candidate.cell_refusal(cell) or candidate.call_refusal(x, lengths, reset)
        if refusal is None:
            able[candidate.name] = candidate.reason
        else:
            refusals.append(refusal)
    if preferred is not None and preferred in able:
        return Choice(preferred, reason(preferred, able, refusals))
    return fastest(able, refusals, cell, x.shape[0], x.shape[1], x.device, steps)


def _able(cell: Cell) -> tuple[str, ...]:
    names = [name for name, engine in ENGINES.items() if engine.cell_refusal(cell) is None]
    return ("auto", *names)
