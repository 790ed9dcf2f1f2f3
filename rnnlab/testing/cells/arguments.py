"""Rules on constructor arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, get_args, get_origin

import torch

from rnnlab.cells.base import Cell, Tree
from rnnlab.plugins.annotation import alternatives, is_enum
from rnnlab.plugins.signature import Parameter, parameters
from rnnlab.recurrence import Recurrent, tree
from rnnlab.testing.cells.comparing import difference
from rnnlab.testing.cells.subject import FEATURES, CellSubject, inputs
from rnnlab.testing.rule import rule, seed_torch

_INTEGERS = (1, 2, 3, 4, 5, 6, 8)
_NUMBERS = (0.5, 0.25, 2.0, 0.9, 0.1, 1.0, 0.0)


class ArgumentRules(CellSubject):
    """No argument is without effect.

    Attributes:
        other_values: For an argument whose other values the signature does not tell: one that
            differs from what ``make_cell`` chooses.
        beside: For an argument that matters only beside others: those, as
            ``{"clip_value": {"clip": True}}``.
    """

    other_values: ClassVar[Mapping[str, Any]] = {}
    beside: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    @rule(
        "test_step_is_pure",
        "test_readout_acts_on_leading_axes_only",
        "test_the_seed_gives_the_weights",
    )
    def test_every_argument_changes_something(self) -> None:
        """Every constructor argument must change weights, outputs, states or gates."""
        takes = parameters(type(self.make_cell(FEATURES)), without=["input_size"])
        unknown = sorted({*self.other_values, *self.beside} - {argument.name for argument in takes})
        assert not unknown, (
            f"other_values or beside of the contract names {', '.join(unknown)}, which the "
            "constructor does not take"
        )
        idle = [reason for argument in takes if (reason := self._idle(argument))]
        assert not idle, "; ".join(idle)

    def _idle(self, argument: Parameter) -> str | None:
        """Return why an argument seems to have no effect, or None where it has one."""
        name, beside = argument.name, self.beside.get(argument.name, {})
        named = name in self.other_values
        values = [self.other_values[name]] if named else _values(argument)
        base = self._effects(**beside)
        tried: list[Any] = []
        error: Exception | None = None
        for value in values:
            try:
                effects = self._effects(**{**beside, name: value})
            except Exception as refusal:
                error = refusal
                continue
            if difference(base, effects, 0.0) is not None:
                return None
            tried.append(value)
        if not tried:
            why = f" ({error})" if error is not None else ""
            return (
                f"no other value of argument {name} could be tried{why}: name one in the "
                f"contract, other_values = {{{name!r}: ...}}"
            )
        return (
            f"argument {name} changes nothing (tried {', '.join(map(repr, tried))}): use it or "
            "remove it; make_cell must pass **arguments on to the constructor; where it matters "
            f"for other values, or beside other arguments, name them in the contract: "
            f"other_values = {{{name!r}: ...}} or beside = {{{name!r}: {{...}}}}"
        )

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


def _values(argument: Parameter) -> list[Any]:
    """Return values of an argument's type, two at least where there are two."""
    values = [value for kind in alternatives(argument.type) for value in _of(kind, argument)]
    return [argument.convert(value) for value in values if argument.refusal(value) is None]


def _of(kind: Any, argument: Parameter) -> list[Any]:
    if kind is bool:
        return [False, True]
    if kind is int:
        return list(_INTEGERS)
    if kind is float:
        return [*_NUMBERS, *_between(argument)]
    if kind is type(None):
        return [None]
    if get_origin(kind) is Literal:
        return list(get_args(kind))
    if is_enum(kind):
        return list(kind.__members__)
    return []


def _between(argument: Parameter) -> list[float]:
    bounds = argument.range
    if bounds is None:
        return []
    low = bounds.min if bounds.min is not None else bounds.above
    high = bounds.max if bounds.max is not None else bounds.below
    if low is None:
        return [] if high is None else [high - 1, high - 2]
    top = low + 2 if high is None else high
    return [low + share * (top - low) for share in (0.25, 0.75)]
