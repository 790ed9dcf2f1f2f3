"""Rules on running over time: engines, pieces, padding and direction."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlab.cells.base import Cell, Tree
from rnnlab.errors import ConfigError
from rnnlab.recurrence import Bidirectional, Recurrent, tree
from rnnlab.recurrence.engines import ENGINES
from rnnlab.testing.cells.comparing import difference
from rnnlab.testing.cells.subject import (
    CellSubject,
    differentiable,
    inputs,
    reached_state,
    row,
    smooth_leaves,
    weighted_sum,
)
from rnnlab.testing.rule import rule

_MASKS = (
    (None, None),
    (torch.tensor([5, 2, 0]), None),
    (
        torch.tensor([3, 5, 1]),
        torch.tensor([[0, 0, 1, 0, 1], [1, 0, 0, 1, 0], [0, 1, 0, 0, 0]]).bool(),
    ),
)


class TimeRules(CellSubject):
    """One step after the other, however it is done."""

    @rule(
        "test_rows_do_not_meet",
        "test_readout_has_output_size",
        "test_affine_coefficients_act_on_leading_axes_only",
    )
    def test_engines_agree_with_the_loop(self) -> None:
        """Every engine that runs the cell must compute what the loop over step computes."""
        cell = self.cell()
        x, state = inputs(3, 5), reached_state(cell, 3)
        for lengths, reset in _MASKS:
            expected = _differentiated(cell, "loop", x, state, lengths, reset)
            for engine in _others(cell, x, lengths, reset):
                try:
                    found = _differentiated(cell, engine, x, state, lengths, reset)
                except ConfigError:
                    assert engine == "compiled", f"engine {engine} took the cell and then refused"
                    continue  # nothing is lost: the loop runs what cannot be compiled
                for what, a, b in zip(_RESULTS, expected, found, strict=True):
                    differs = difference(a, _like(a, b))
                    advice = _ADVICE.get(engine, "make both compute the same")
                    assert differs is None, (
                        f"engine {engine} and the loop gave different {what} ({differs}), with "
                        f"lengths {_list(lengths)}: {advice}"
                    )

    @rule("test_engines_agree_with_the_loop")
    def test_running_on_equals_running_through(self) -> None:
        """A sequence in two pieces, with the state carried, must give what it gives whole."""
        cell = self.cell()
        layer, x, state = Recurrent(cell), inputs(2, 12), reached_state(cell, 2)
        whole = layer(x, state)
        start, middle = layer(x[:, :5], state)
        end, final = layer(x[:, 5:], middle)
        found = difference(whole, (torch.cat([start, end], 1), final))
        assert found is None, (
            f"12 steps at once, and 5 and then 7 from the state in between, gave {found}: all that "
            "passes from step to step must be in the state, and project, readout and fused must "
            "not depend on the number of steps"
        )

    @rule("test_engines_agree_with_the_loop")
    def test_padding_has_no_effect(self) -> None:
        """What is in the padding must change neither outputs nor gradients."""
        cell = self.cell()
        lengths = [5, 2, 0]
        x, state = inputs(3, 5), reached_state(cell, 3)
        padding = torch.arange(5) >= torch.tensor(lengths)[:, None]
        clean = _differentiated(cell, "auto", x, state, torch.tensor(lengths), None)
        for garbage in (1e3, float("nan")):
            dirty = x.masked_fill(padding[..., None], garbage)
            padded = _differentiated(cell, "auto", dirty, state, torch.tensor(lengths), None)
            for b, length in enumerate(lengths):
                alone = Recurrent(cell)(x[b : b + 1, :length], row(state, b))
                found = difference((row(padded[0], b)[:, :length], row(padded[1], b)), alone)
                assert found is None, (
                    f"a row of {length} steps, padded to 5 with {garbage} and alone, gave {found}: "
                    "a step on z = project(0) must leave other rows and steps as they are"
                )
            found = difference(clean[2:], padded[2:])
            assert found is None, (
                f"gradients with {garbage} in the padding, and with other numbers there, have "
                f"{found}: a step in the padding must have no effect"
            )
            values = [*padded[2], *padded[3].values()]
            assert all(value.isfinite().all() for value in values), (
                f"gradients are NaN or infinite where rows are padded with {garbage}: step runs on "
                "z = project(0) in the padding, and its derivative must be finite there (add an "
                "epsilon to what is divided by, and under a root or a norm)"
            )

    @rule("test_engines_agree_with_the_loop")
    def test_both_directions_under_padding(self) -> None:
        """A padded row must give in both directions what it gives alone."""
        ahead, back = self.cell(), self.cell(seed=1)
        layer = Bidirectional(Recurrent(ahead), Recurrent(back, reverse=True))
        x = inputs(4, 6)
        output, state = layer(x, None, torch.tensor([3, 4, 2, 4]))
        for b, length in enumerate([3, 4, 2, 4]):
            alone, last = layer(x[b : b + 1, :length])
            padding = alone.new_zeros(1, 6 - length, layer.output_size)
            found = difference(row((output, state), b), (torch.cat([alone, padding], 1), last))
            assert found is None, (
                f"a row of {length} steps in a batch padded to 6, and alone, gave {found} in two "
                "directions: step and fused must treat every row by itself; fused must return T "
                "steps (total_length) even where no row is that long, and each row's own last state"
            )

    @rule("test_engines_agree_with_the_loop")
    def test_one_step_of_one_row(self) -> None:
        """A sequence of one step and one row must give what step gives."""
        cell = self.cell()
        x, state = inputs(1, 1), reached_state(cell, 1)
        z = cell.project(x[:, 0])
        after = cell.step(z, state)
        output, last = Recurrent(cell)(x, state)
        found = difference((output[:, 0], last), (cell.readout(after, z), after))
        assert found is None, (
            f"a sequence of one step and one row, and step itself, gave {found}: axes of size 1 "
            "must stay (no squeeze() without a dim)"
        )


_RESULTS = ("outputs", "final states", "gradients of x and of the state", "gradients of weights")
_ADVICE = {
    "fused": "make fused compute step's equations with the same weights (in float64 here), start "
    "from the state that is given, and return each row's last state",
    "scan": "coefficients must act on leading axes only, and not read the state",
}


def _like(expected: Tree, found: Tree) -> Tree:
    """Return what was found, NaN where the loop itself gives NaN: of padding, say."""
    if not tree.alike(expected, found):
        return found
    return tree.map_tensors(
        lambda one, other: torch.where(one.isnan(), one, other), expected, found
    )


def _others(cell: Cell, x: Tensor, lengths: Tensor | None, reset: Tensor | None) -> list[str]:
    able = [
        name
        for name, engine in ENGINES.items()
        if engine.cell_refusal(cell) is None and engine.call_refusal(x, lengths, reset) is None
    ]
    return [name for name in able if name != "loop"] or ["auto"]


def _differentiated(
    cell: Cell, engine: str, x: Tensor, state: Tree, lengths: Tensor | None, reset: Tensor | None
) -> tuple[Tensor, Tree, list[Tensor], dict[str, Tensor]]:
    """Return outputs, last state, and the gradients of x and state, and of weights by name."""
    x, state = x.clone().requires_grad_(), differentiable(state)
    output, last = Recurrent(cell, engine)(x, state, lengths, reset)
    weights = {name: value for name, value in cell.named_parameters() if value.requires_grad}
    loss = weighted_sum([output, *smooth_leaves(last)])
    wanted = [x, *smooth_leaves(state), *weights.values()]
    found = torch.autograd.grad(loss, wanted, materialize_grads=True)
    borders = len(found) - len(weights)
    return (
        output.detach(),
        tree.detach(last),
        list(found[:borders]),
        dict(zip(weights, found[borders:], strict=True)),
    )


def _list(lengths: Tensor | None) -> str:
    return "none" if lengths is None else str(lengths.tolist())
