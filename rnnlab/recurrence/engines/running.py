"""Runs a batch by the engine that is chosen for it."""

from __future__ import annotations

import logging
from typing import NamedTuple

from torch import Tensor

from rnnlab.cells.base import Cell, Tree
from rnnlab.errors import ConfigError
from rnnlab.recurrence.engines.choice import Choice
from rnnlab.recurrence.engines.compiled.engine import Compiled
from rnnlab.recurrence.engines.compiled.failure import CompileFailed, CompileTooSlow
from rnnlab.recurrence.engines.registry import ENGINES, choose

_log = logging.getLogger(__name__)


class Run(NamedTuple):
    """What came of a batch.

    Args:
        output: ``(B, T, H)``.
        state: After the last valid steps.
        choice: The engine, and why it was taken.
    """

    output: Tensor
    state: Tree
    choice: Choice


def run(
    engine: str,
    cell: Cell,
    x: Tensor,
    state: Tree,
    lengths: Tensor | None,
    reset: Tensor | None,
    steps: int | None = None,
    preferred: str | None = None,
) -> Run:
    """Run all steps of a batch; see :meth:`rnnlab.recurrence.engines.Engine.run`.

    Args:
        engine: A name or ``auto``.
        cell: What to run.
        x: ``(B, T, F)``.
        state: The state before the first step.
        lengths: ``(B,)`` or None.
        reset: ``(B, T)`` or None.
        steps: How many batches this run will train on; None where nobody knows.
        preferred: What ``auto`` took before.

    Raises:
        ConfigError: The engine that was asked for cannot run this, or cannot be compiled. With
            ``auto`` a warning names the reason, once, and the next best engine runs.
    """
    choice = choose(engine, cell, x, lengths, reset, steps, preferred)
    try:
        output, after = _run(choice, cell, x, state, lengths, reset)
    except (CompileFailed, CompileTooSlow) as failure:
        if engine != "auto":
            valid = ("auto", "loop")
            raise ConfigError(str(failure), key="engine", value=engine, valid=valid) from failure
        # From now on the engine refuses this cell.
        choice = choose(engine, cell, x, lengths, reset, steps)
        if isinstance(failure, CompileFailed):
            name = type(cell).__name__
            _log.warning("%s is not compiled: %s; engine %s runs it", name, failure, choice.name)
        output, after = _run(choice, cell, x, state, lengths, reset)
    return Run(output, after, choice)


def _run(
    choice: Choice,
    cell: Cell,
    x: Tensor,
    state: Tree,
    lengths: Tensor | None,
    reset: Tensor | None,
) -> tuple[Tensor, Tree]:
    engine = ENGINES[choice.name]
    if isinstance(engine, Compiled):
        return engine.run(cell, x, state, lengths, reset, choice.patience)
    return engine.run(cell, x, state, lengths, reset)
