"""Rules on copies of a cell: saved, loaded, pickled, and many at once."""

from __future__ import annotations

import copy
import pickle

from torch import Tensor
from torch.func import functional_call, stack_module_state, vmap

from rnnlab.cells.base import Cell, Tree
from rnnlab.recurrence import Recurrent, tree
from rnnlab.testing.cells.comparing import difference
from rnnlab.testing.cells.subject import CellSubject, inputs, not_applicable, reached_state
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
        """copy.deepcopy(cell) must do the same, with weights of its own."""
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

    @rule("test_state_dict_round_trip")
    def test_vmap_equals_a_loop_over_members(self) -> None:
        """torch.func.vmap over the weights must run: no branch on values, no in-place sums."""
        members = [self.cell(seed=seed) for seed in range(3)]
        parameters, buffers = stack_module_state(members)
        if not parameters and not buffers:
            raise not_applicable("the cell has no weights")
        base = Recurrent(copy.deepcopy(members[0]))
        x, state = inputs(2, 4), reached_state(members[0], 2)

        def run(weights: dict[str, Tensor]) -> Tree:
            return functional_call(base, weights, (x, state))

        named = {f"cell.{name}": value for name, value in (parameters | buffers).items()}
        together = vmap(run)(named)
        for member, cell in enumerate(members):
            alone = Recurrent(cell)(x, state)
            one = tree.map_tensors(lambda leaf, m=member: leaf[m], together)
            found = difference(one, alone)
            assert found is None, (
                f"member {member} of an ensemble under torch.func.vmap, and alone, gave {found}: "
                "read weights from self at every step, keep no copies of them, and use plain ops"
            )


def _run(cell: Cell) -> Tree:
    state = tree.detach(cell.init_state(2))
    return tree.detach(Recurrent(cell)(inputs(2, 4), state))
