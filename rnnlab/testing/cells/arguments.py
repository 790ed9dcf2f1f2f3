"""Rules on constructor arguments."""

from __future__ import annotations

from typing import Any

import torch

from rnnlab.cells.base import Cell, Tree
from rnnlab.plugins.signature import Parameter
from rnnlab.recurrence import Recurrent, tree
from rnnlab.testing.arguments import TriedArguments, idle
from rnnlab.testing.cells.comparing import difference
from rnnlab.testing.cells.subject import FEATURES, CellSubject, inputs
from rnnlab.testing.rule import rule, seed_torch


class ArgumentRules(TriedArguments, CellSubject):
    """No argument is without effect."""

    @rule(
        "test_step_is_pure",
        "test_readout_acts_on_leading_axes_only",
        "test_the_seed_gives_the_weights",
    )
    def test_every_argument_changes_something(self) -> None:
        """Every constructor argument must change weights, outputs, states or gates."""
        takes = self.seen_arguments(type(self.make_cell(FEATURES)), without=["input_size"])
        found = [reason for argument in takes if (reason := self._idle(argument))]
        assert not found, "; ".join(found)

    def _idle(self, argument: Parameter) -> str | None:
        """Return why an argument seems to have no effect, or None where it has one."""
        name, beside = argument.name, self.needed_beside(argument)
        base = self._effects(**beside)
        tried: list[Any] = []
        error: Exception | None = None
        for value in self.values_to_try(argument):
            try:
                effects = self._effects(**{**beside, name: value})
            except Exception as refusal:
                error = refusal
                continue
            if difference(base, effects, 0.0) is not None:
                return None
            tried.append(value)
        return idle(name, tried, "make_cell", error)

    def _effects(self, **arguments: Any) -> Tree:
        """Return all that an argument can change: weights, states, outputs, gates, training."""
        seed_torch(0)
        cell = self.make_cell(FEATURES, **arguments).eval()
        weights = {**dict(cell.named_parameters()), **dict(cell.named_buffers())}
        real = [value.dtype for value in weights.values() if value.is_floating_point()]
        x = inputs(2, 4, dtype=real[0] if real else torch.get_default_dtype())
        with torch.no_grad():
            evaluated = _run(cell, x)
            seed_torch(0)
            trained = _run(cell.train(), x)
            learned = [value.requires_grad for value in cell.parameters()]
        return tree.detach(({**weights}, evaluated, trained, torch.tensor(learned)))


def _run(cell: Cell, x: torch.Tensor) -> Tree:
    start = cell.init_state(2)
    output, last = Recurrent(cell, "loop")(x, start)
    gates = cell.gates(cell.project(x[:, 0]), last)
    return start, output, last, gates
