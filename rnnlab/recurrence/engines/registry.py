"""Which engines there are, and which one runs a batch."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from rnnlab.cells.base import Cell
from rnnlab.errors import ConfigError, nearest
from rnnlab.recurrence.engines.engine import Engine
from rnnlab.recurrence.engines.fused import Fused
from rnnlab.recurrence.engines.loop import Loop
from rnnlab.recurrence.engines.scan import Scan

ENGINES: dict[str, Engine] = {engine.name: engine for engine in (Fused(), Scan(), Loop())}
"""By name, in the order in which ``auto`` tries them; the last one runs everything."""


@dataclass(frozen=True)
class Choice:
    """An engine and why it was taken.

    Args:
        name: Its name in :data:`ENGINES`.
        reason: In a few words.
    """

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name} ({self.reason})"


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
    engine: str, cell: Cell, x: Tensor, lengths: Tensor | None, reset: Tensor | None
) -> Choice:
    """Return the engine that runs ``cell`` on this batch, and why.

    Args:
        engine: A name, or ``auto`` for the first of :data:`ENGINES` that can.
        cell: What is to run.
        x: ``(B, T, F)``.
        lengths: ``(B,)`` or None.
        reset: ``(B, T)`` or None.

    Raises:
        ConfigError: The engine that was asked for cannot, with its reason.
    """
    if engine != "auto":
        check_engine(engine, cell)
        if refusal := ENGINES[engine].call_refusal(x, lengths, reset):
            raise ConfigError(refusal, key="engine", value=engine, valid=("auto", "loop"))
        return Choice(engine, "asked for")
    refusals: list[str] = []
    for candidate in ENGINES.values():
        refusal = candidate.cell_refusal(cell) or candidate.call_refusal(x, lengths, reset)
        if refusal is None:
            # The loop runs where nothing better can, and why not is what a person asks.
            fallback = isinstance(candidate, Loop)
            return Choice(candidate.name, "; ".join(refusals) if fallback else candidate.reason)
        refusals.append(refusal)
    raise AssertionError("the loop engine refuses nothing")


def _able(cell: Cell) -> tuple[str, ...]:
    names = [name for name, engine in ENGINES.items() if engine.cell_refusal(cell) is None]
    return ("auto", *names)
