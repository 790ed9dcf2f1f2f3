"""What a cell supports: what its contract has shown, and what is tried here."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

import torch

from rnnlab.capability.outcome import Ability
from rnnlab.cells.base import Cell
from rnnlab.errors import one_line
from rnnlab.recurrence import Recurrent
from rnnlab.recurrence.engines import ENGINES
from rnnlab.testing import Outcome

SHOWN_BY = {
    "vmap": "test_vmap_equals_a_loop_over_members",
    "bf16": "test_autocast_keeps_the_dtype_of_the_state",
    "variable length": "test_padding_has_no_effect",
    "bidirectional": "test_both_directions_under_padding",
}
"""The rule of the contract that shows each of these abilities."""

_EXPORTED_STEPS = 4


def by_engine(name: str, cell: Cell) -> Ability:
    """Return whether an engine runs a cell.

    Args:
        name: A key of ``ENGINES``.
        cell: Any cell.
    """
    refusal = ENGINES[name].cell_refusal(cell)
    return Ability(name, refusal is None, refusal or ENGINES[name].reason)


def by_rule(name: str, outcomes: Sequence[Outcome]) -> Ability:
    """Return an ability that a rule of the contract shows.

    Args:
        name: A key of :data:`SHOWN_BY`.
        outcomes: What became of the rules.
    """
    for outcome in outcomes:
        if outcome.rule == SHOWN_BY[name]:
            able = {"passed": True, "failed": False, "skipped": None}[outcome.verdict]
            return Ability(name, able, outcome.reason)
    return Ability(name, None, "its rule was left out")


def by_export(make: Callable[[], Cell]) -> Ability:
    """Return whether ``torch.export`` takes a layer of the cell, and gives the same numbers.

    Time is unrolled, so the number of steps is fixed; that of rows is not.
    """
    try:
        layer = Recurrent(make()).eval()
        rows = torch.randn(3, _EXPORTED_STEPS, layer.input_size)
        more = torch.randn(5, _EXPORTED_STEPS, layer.input_size)
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            batch = torch.export.Dim("batch", min=2)
            program = torch.export.export(layer, (rows,), dynamic_shapes=({0: batch},))
            torch.testing.assert_close(program.module()(more)[0], layer(more)[0])
    except Exception as error:  # torch raises errors of many kinds, and so may the cell
        return Ability("export", False, said(error))
    return Ability("export", True, "for any batch size, the number of steps is fixed")


def said(error: BaseException) -> str:
    """Return the beginning of what an error says, as one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return one_line(f"{type(error).__name__}: {' '.join(lines[:2])}")[:300]
