"""Rules on gates."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlab.cells.base import Cell
from rnnlab.ranges import Range
from rnnlab.testing.cells.comparing import copied, form
from rnnlab.testing.cells.subject import CellSubject, inputs, not_applicable, reached_state
from rnnlab.testing.rule import rule

_UNIT = Range(min=0, max=1)
_ROUNDING = 1e-6


class GateRules(CellSubject):
    """What is shown of the inside of a step."""

    @rule("test_step_is_pure")
    def test_gates_have_a_row_for_each_example(self) -> None:
        """gates(z, state) must return a dict of tensors (B, ...)."""
        cell = self.cell()
        for name, value in _gates(cell, 1.0).items():
            assert isinstance(name, str), f"gates named one {name!r}: names must be texts"
            assert isinstance(value, Tensor), (
                f"gate {name} is no tensor but a {type(value).__name__}"
            )
            assert value.shape[:1] == (3,), (
                f"gate {name} is {form(value)} in a batch of 3: gates must be (B, ...), one row "
                "for each example (expand one that all rows share)"
            )
            assert value.is_floating_point(), (
                f"gate {name} is {form(value)}: gates must be real numbers (show abs() and "
                "angle() of complex ones)"
            )

    @rule("test_gates_have_a_row_for_each_example")
    def test_gate_ranges_name_gates(self) -> None:
        """gate_ranges must name nothing but gates."""
        cell = self.cell()
        names = set(_gates(cell, 1.0, required=False))
        unknown = sorted(set(cell.gate_ranges) - names)
        assert not unknown, (
            f"gate_ranges names {', '.join(unknown)}, and gates returns "
            f"{', '.join(sorted(names)) or 'none'}: use the same names"
        )

    @rule("test_gate_ranges_name_gates")
    def test_retention_names_a_gate(self) -> None:
        """Retention must name a gate that lies between 0 and 1."""
        cell = self.cell()
        if cell.retention is None:
            raise not_applicable("the cell says of no gate that it keeps the state")
        gates, name = _gates(cell, 1.0, required=False), cell.retention.gate
        assert name in gates, (
            f"retention names {name}, and gates returns {', '.join(sorted(gates)) or 'none'}: use "
            "the name of the gate that multiplies the old state"
        )
        bounds = cell.gate_ranges.get(name, _UNIT)
        assert (bounds.min, bounds.max) == (0, 1), (
            f"retention names {name}, whose range is {str(bounds) or 'any number'}: a share of the "
            "state lies between 0 and 1"
        )

    @rule("test_gate_ranges_name_gates")
    def test_gates_lie_in_their_range(self) -> None:
        """A gate must lie within gate_ranges[name], or 0 to 1 where it is not named there."""
        cell = self.cell()
        for scale in (1.0, 1e3):
            for name, value in _gates(cell, scale).items():
                bounds = cell.gate_ranges.get(name, _UNIT)
                low, high = value.min().item(), value.max().item()
                assert all(_inside(bounds, end) for end in (low, high)), (
                    f"gate {name} goes from {low:.4g} to {high:.4g} for inputs of size {scale:g}, "
                    f"and its range is {str(bounds) or 'any number'}: compute it so that it stays "
                    f"there, or declare gate_ranges = {{{name!r}: Range(min=..., max=...)}}"
                )


def _gates(cell: Cell, scale: float, required: bool = True) -> dict[str, Tensor]:
    with torch.no_grad():
        state = reached_state(cell, 3)
        z = copied(cell.project(inputs(3) * scale))
        gates = cell.gates(z, cell.step(z, state))
    assert isinstance(gates, dict), (
        f"gates returned a {type(gates).__name__}: it must return a dict of tensors by name"
    )
    if required and not gates:
        raise not_applicable("the cell names no gates")
    return gates


def _inside(bounds: Range, value: float) -> bool:
    return any(bounds.refusal(value + shift) is None for shift in (0, _ROUNDING, -_ROUNDING))
