"""Rules on side effects: none."""

from __future__ import annotations

import random
from typing import Any

import torch
from torch import Tensor

from rnnlab.cells.base import Cell, Tree
from rnnlab.testing.cells.comparing import copied, difference
from rnnlab.testing.cells.subject import CellSubject, inputs, reached_state, row
from rnnlab.testing.rule import rule, seed_torch


class PurityRules(CellSubject):
    """Methods that do nothing but return something."""

    @rule("test_float64")
    def test_inputs_are_not_changed(self) -> None:
        """project, step, readout and gates must not write into their arguments."""
        cell = self.cell()
        x, state = inputs(2), reached_state(cell, 2)
        with torch.no_grad():
            for method, arguments in (
                ("project", lambda: (x,)),
                ("gates", lambda: (copied(cell.project(x)), state)),
                ("step", lambda: (copied(cell.project(x)), state)),
                ("readout", lambda: (state, copied(cell.project(x)))),
            ):
                given = arguments()
                before = copied(given)
                getattr(cell, method)(*given)
                assert difference(before, given, 0.0) is None, (
                    f"{method} changed one of its arguments: write c = f * c, not c *= f or "
                    "c.mul_(f); what a caller holds must stay as it is"
                )

    @rule("test_inputs_are_not_changed")
    def test_step_is_pure(self) -> None:
        """Methods must not keep anything on the cell from one call to the next."""
        cell = self.cell()
        z, state = copied(cell.project(inputs(2))), reached_state(cell, 2)
        held, stored = _held(cell), copied(_tensors(cell))
        first = _all(cell, z, state)
        other = reached_state(cell, 3)
        _all(cell, copied(cell.project(inputs(3, seed=5))), other)
        again = _all(cell, z, state)
        found = difference(first, again, 0.0)
        assert found is None, (
            f"step, called twice with the same z and state, gave {found}: the result must depend "
            "on its arguments and weights alone; put what has to be remembered into the state, "
            "and draw at random only if self.training"
        )
        cell.train()
        _all(cell, z, state)
        cell.eval()
        assert difference(stored, _tensors(cell), 0.0) is None, (
            "step or gates changed a weight or a buffer: put what has to be remembered into the "
            "state (running statistics, as of BatchNorm, have no place in a step)"
        )
        changed = sorted(name for name, value in _held(cell).items() if held.get(name) != value)
        assert not changed, (
            f"project, step, readout or gates set {', '.join(changed)}: keep nothing on self; "
            "return it as part of the state or from gates"
        )

    @rule("test_step_is_pure", "test_readout_acts_on_leading_axes_only")
    def test_rows_do_not_meet(self) -> None:
        """The result for one row of a batch must not depend on the other rows."""
        cell = self.cell()
        x, state = inputs(3), reached_state(cell, 3)
        z = cell.project(x)
        after = cell.step(z, state)
        for b in range(3):
            for method, alone, together in (
                ("project", cell.project(x[b : b + 1]), z),
                ("step", cell.step(row(z, b), row(state, b)), after),
                ("readout", cell.readout(row(after, b), row(z, b)), cell.readout(after, z)),
            ):
                found = difference(alone, row(together, b))
                assert found is None, (
                    f"{method} of row {b} alone and of that row in a batch of 3 gave {found}: "
                    "every row must be treated by itself; no mean, norm or product over axis 0"
                )

    @rule("test_step_is_pure")
    def test_randomness_is_torch_s(self) -> None:
        """Dropout and noise of a training step must be drawn by torch's own generator."""
        cell = self.cell().train()
        state = reached_state(cell, 3)
        results = []
        for python_seed in (0, 1):
            seed_torch(0)
            with _python_seed(python_seed):
                results.append(cell.step(cell.project(inputs(3)), state))
        found = difference(results[0], results[1], 0.0)
        assert found is None, (
            f"in training mode, with one torch.manual_seed, step twice gave {found}: draw with "
            "torch (torch.rand_like, torch.bernoulli, F.dropout) and no other generator, or a run "
            "cannot be resumed or repeated"
        )

    @rule("test_make_cell_makes_a_cell")
    def test_the_seed_gives_the_weights(self) -> None:
        """Initial weights must be drawn by torch's own generator."""
        one, other = (_tensors(self.cell(torch.float32)) for _ in range(2))
        assert difference(one, other, 0.0) is None, (
            "two cells made after one torch.manual_seed have different weights: draw them with "
            "torch (nn.init) and no other generator, or a run cannot be repeated"
        )


def _all(cell: Cell, z: Tree, state: Tree) -> Tree:
    with torch.no_grad():
        gates = cell.gates(z, state)
        after = cell.step(z, state)
        return copied((after, cell.readout(after, z), gates))


def _tensors(cell: Cell) -> dict[str, Tensor]:
    return {**dict(cell.named_parameters()), **dict(cell.named_buffers())}


def _held(cell: Cell) -> dict[str, list[Any]]:
    """Return what is on the cell and its parts, by name; tensors stand for themselves by id."""
    return {
        f"{path}.{name}".lstrip("."): _parts(value)
        for path, part in cell.named_modules()
        for name, value in vars(part).items()
        if name != "training"
    }


def _parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [item for key, each in value.items() for item in (key, *_parts(each))]
    if isinstance(value, list | tuple | set):
        return [item for each in value for item in _parts(each)]
    plain = value is None or isinstance(value, bool | int | float | str)
    return [value if plain else _Same(value)]


class _Same:
    """Equal to the very same object only; keeps it alive, so that no other gets its id."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.value is self.value

    __hash__ = None  # type: ignore[assignment]


class _python_seed:  # noqa: N801  a context manager, named as one
    def __init__(self, seed: int) -> None:
        self.seed = seed

    def __enter__(self) -> None:
        self.before = random.getstate()
        random.seed(self.seed)

    def __exit__(self, *_: object) -> None:
        random.setstate(self.before)
