from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rnnlab.cells import Cell
from rnnlab.testing import CellContract, run

Failures = Callable[[Callable[..., Any]], dict[str, str]]


@pytest.fixture
def failures() -> Failures:
    """Returns the rules that a cell breaks, and what the contract says to its author."""

    def failures(make: Callable[..., Any]) -> dict[str, str]:
        class Contract(CellContract):
            def make_cell(self, input_size: int, **arguments: Any) -> Cell:
                made: Cell = make(input_size, **{"hidden_size": 4, **arguments})
                return made

        return {
            outcome.rule: outcome.reason for outcome in run(Contract) if outcome.verdict == "failed"
        }

    return failures
