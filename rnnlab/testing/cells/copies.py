"""Rules on copies of a cell: saved, loaded, pickled, and many at once."""

from __future__ import annotations

import copy
import pickle
import warnings

import torch
from torch import Tensor
from torch.func import functional_call, stack_module_state, vmap

from rnnlab.cells.base import Cell, Tree
from rnnlab.recurrence import Recurrent, tree
from rnnlab.testing.cells.comparing import difference
from rnnlab.testing.cells.subject import (
    CellSubject,
    inputs,
    not_applicable,
    reached_state,
    smooth_leaves,
    weighted_sum,
)
from rnnlab.testing.rule import rule

_SOUND = ("test_engines_agree_with_the_loop", "test_the_seed_gives_the_weights")


class CopyRules(CellSubject):
    """A cell is its constructor arguments and its weights, and nothing else."""

    @rule(*_SOUND)
    def test_state_dict_round_trip(self) -> None:
        """A new cell must do the same as an old one after loading its state_dict."""
        cell, other = self.cell(), self.cell(seed=1)
        other.load_state_dict(cell.state_dict())
        found = difference(_run(cell), _run(other))
        assert found is None, (
            f"a new cell of the same arguments that loaded the state_dict gave {found}: what the "
            "constructor draws at random or what training changes must be an nn.Parameter or a "
            "buffer (register_buffer, persistent)"
        )

    @rule(*_SOUND)
    def test_deepcopy(self) -> None:
        """copy.deepcopy(cell) must work: keep no tensor on self that is computed from weights."""
        cell = self.cell()
        twin = copy.deepcopy(cell)
        found = difference(_run(cell), _run(twin))
        assert found is None, f"copy.deepcopy of the cell gave {found}: keep no copies of weights"
        shared = [
            name
            for (name, value), other in zip(cell.named_parameters(), twin.parameters(), strict=True)
            if value.data_ptr() == other.data_ptr() and value.numel()
        ]
        assert not shared, f"copy.deepcopy of the cell shares {', '.join(shared)} with it"

    @rule(*_SOUND)
    def test_pickle(self) -> None:
        """A cell must survive pickling, as worker processes need: no lambda, no open file on it."""
        cell = self.cell()
        found = difference(_run(cell), _run(pickle.loads(pickle.dumps(cell))))
        assert found is None, f"a pickled cell gave {found}: keep no copies of weights"

    @rule("test_state_dict_round_trip", "test_deepcopy", "test_other_devices")
    def test_vmap_equals_a_loop_over_members(self) -> None:
        """torch.func.vmap over the weights must run: change no fresh tensor in place."""
        members = [self.cell(seed=seed) for seed in range(3)]
        parameters, buffers = stack_module_state(members)
        if not parameters and not buffers:
            raise not_applicable("the cell has no weights")
        base = Recurrent(copy.deepcopy(members[0]))
        x, state = inputs(2, 4), reached_state(members[0], 2)

        def run(weights: dict[str, Tensor]) -> Tree:
            return functional_call(base, weights, (x, state))

        named = {f"cell.{name}": value for name, value in (parameters | buffers).items()}
        with warnings.catch_warnings():
            # An operation without a rule of its own is run member by member: slow, and right.
            warnings.filterwarnings("ignore", "There is a performance drop")
            together = vmap(run)(named)
        gradients = _gradients([_member(together, m) for m in range(3)], parameters)
        for member, cell in enumerate(members):
            alone = Recurrent(cell)(x, state)
            expected = alone, _gradients([alone], dict(cell.named_parameters()))
            found = difference((_member(together, member), _member(gradients, member)), expected)
            assert found is None, (
                f"member {member} of an ensemble under torch.func.vmap, and alone, gave {found} "
                "(outputs, states or gradients): read weights from self at every step, keep no "
                "copies of them, and use plain ops"
            )


def _run(cell: Cell) -> Tree:
    state = tree.detach(cell.init_state(2))
    return tree.detach(Recurrent(cell)(inputs(2, 4), state))


def _member(tensors: Tree, member: int) -> Tree:
    return tree.map_tensors(lambda leaf: leaf[member], tensors)


def _gradients(results: list[Tree], weights: dict[str, Tensor]) -> dict[str, Tensor]:
    wanted = {name: value for name, value in weights.items() if value.requires_grad}
    if not wanted:
        return {}
    loss = torch.stack([weighted_sum(smooth_leaves(result)) for result in results]).sum()
    found = torch.autograd.grad(loss, list(wanted.values()), materialize_grads=True)
    return dict(zip(wanted, found, strict=True))
