"""Rules on what each method takes and returns: axes, shapes and dtypes."""

from __future__ import annotations

import torch

from rnnlab.cells.base import Cell, Tree
from rnnlab.recurrence import tree
from rnnlab.testing.cells.comparing import difference, form
from rnnlab.testing.cells.subject import FEATURES, CellSubject, inputs, reached_state, row
from rnnlab.testing.rule import rule


class FormRules(CellSubject):
    """What comes in and goes out."""

    @rule()
    def test_make_cell_makes_a_cell(self) -> None:
        """make_cell(input_size, **arguments) must return a Cell for that many features."""
        cell = self.make_cell(FEATURES)
        kind = type(cell).__name__
        assert isinstance(cell, Cell), (
            f"make_cell returned {kind}: it must return a rnnlab.cells.Cell"
        )
        assert cell.input_size == FEATURES, (
            f"make_cell({FEATURES}) gave input_size {cell.input_size}: set self.input_size to the "
            "constructor's input_size, and pass make_cell's on to the constructor"
        )

    @rule("test_make_cell_makes_a_cell")
    def test_init_state_has_a_row_for_each_example(self) -> None:
        """init_state(batch_size) must return a tree of tensors (batch_size, ...)."""
        cell = self.cell(torch.float32)
        one, three, again = (cell.init_state(size) for size in (1, 3, 3))
        assert tree.leaves(three), (
            f"init_state returned {type(three).__name__}, in which there is no tensor: a state is "
            "a tensor, or a tuple, list, dict or named tuple of tensors"
        )
        for size, state in ((1, one), (3, three)):
            assert all(leaf.shape[:1] == (size,) for leaf in tree.leaves(state)), (
                f"init_state({size}) returned {form(state)}: the first axis of every leaf must "
                f"be the batch, {size}"
            )
        for state, what in ((again, "called twice"), (_thrice(one), "with 1 and with 3 rows")):
            found = difference(state, three, 0.0)
            assert found is None, (
                f"init_state {what} gives {found}: it must return the same start for every row, "
                "whatever the batch size; draw nothing at random in it"
            )

    @rule("test_make_cell_makes_a_cell")
    def test_project_acts_on_leading_axes_only(self) -> None:
        """project(x) must work for (B, T, F) as for (B, F)."""
        cell = self.cell(torch.float32)
        x = inputs(2, 5, dtype=torch.float32)
        together = cell.project(x.clone())
        assert all(leaf.shape[:2] == (2, 5) for leaf in tree.leaves(together)), (
            f"project of an x (2, 5, {FEATURES}) returned {form(together)}: every leaf must keep "
            "the leading axes (B, T); act on the last axis alone, and use dim=-1"
        )
        for t, z in enumerate(tree.unbind(together, 1)):
            found = difference(z, cell.project(x[:, t].clone()), 1e-5)
            assert found is None, (
                f"project(x)[:, {t}] and project(x[:, {t}]) gave {found}: project must treat every "
                "step by itself, so that it can be called once for all steps; use dim=-1 in "
                "chunk, split and cat, and let nothing mix steps"
            )

    @rule(
        "test_init_state_has_a_row_for_each_example",
        "test_project_acts_on_leading_axes_only",
    )
    def test_step_keeps_the_form_of_the_state(self) -> None:
        """step(z, state) must return a state of the structure, shapes and dtypes of init_state."""
        cell = self.cell(torch.float32)
        for size in (1, 3):
            state = cell.init_state(size)
            for t in range(3):
                before = state
                x = inputs(size, dtype=torch.float32, seed=t)
                state = cell.step(cell.project(x), before)
                assert form(before) == form(state), (
                    f"step made {form(state)} of {form(before)} in a batch of {size}: it must "
                    "return the same tuple, dict or named tuple, and keep shape and dtype of each "
                    "leaf, in batches of one row too (no squeeze() without a dim); what changes "
                    "must be a tensor"
                )

    @rule("test_step_keeps_the_form_of_the_state")
    def test_float64(self) -> None:
        """cell.double() must compute in float64 throughout."""
        cell = self.cell()
        single = self.cell(torch.float32)
        start = cell.init_state(2)
        _check_double("init_state", start, single.init_state(2))
        z = cell.project(inputs(2))
        after = cell.step(z, start)
        _check_double("step", after, single.init_state(2))
        z_single = single.project(inputs(2, dtype=torch.float32))
        output = single.readout(single.init_state(2), z_single)
        _check_double("readout", cell.readout(after, z), output)

    @rule("test_float64")
    def test_readout_acts_on_leading_axes_only(self) -> None:
        """readout(state, z) must work for states (B, T, ...) as for (B, ...)."""
        cell = self.cell()
        z = cell.project(inputs(2, 5))
        states = [reached_state(cell, 2)]
        for z_t in tree.unbind(z, 1):
            states.append(cell.step(z_t, states[-1]))
        together = cell.readout(tree.stack(states[1:], 1), z)
        for t, z_t in enumerate(tree.unbind(z, 1)):
            alone = cell.readout(states[t + 1], z_t)
            assert together.shape == (2, 5, *alone.shape[1:]), (
                f"readout made {form(together)} of states (2, 5, ...), and {form(alone)} of states "
                "(2, ...): it must keep the leading axes (B, T); act on the last axes alone, and "
                "use dim=-1"
            )
            found = difference(together[:, t], alone)
            assert found is None, (
                f"readout of all states at once and of those of step {t} alone gave {found}: it "
                "must treat every step by itself, so that it can be called once for all steps"
            )

    @rule("test_float64")
    def test_readout_has_output_size(self) -> None:
        """readout(state, z) must return a tensor (B, output_size)."""
        cell = self.cell()
        z, state = cell.project(inputs(2)), reached_state(cell, 2)
        output = cell.readout(cell.step(z, state), z)
        expected = (2, cell.output_size)
        assert output.shape == expected, (
            f"readout returned {form(output)} where output_size says {expected}: set "
            "self.output_size to the size of the last axis of what readout returns"
        )


def _thrice(state: Tree) -> Tree:
    return tree.map_tensors(lambda leaf: torch.cat([leaf] * 3), row(state, 0))


def _check_double(method: str, result: Tree, single: Tree) -> None:
    """Compare dtypes with those of the result of a cell in float32; counters keep theirs."""
    wanted = [_DOUBLE.get(leaf.dtype, leaf.dtype) for leaf in tree.leaves(single)]
    assert [leaf.dtype for leaf in tree.leaves(result)] == wanted, (
        f"{method} of a cell in float64 returned {form(result)}: take dtype and device of new "
        "tensors from a weight or a state (weight.new_zeros(...), torch.zeros_like(h)), make "
        "constants buffers, and cast nothing to float32"
    )


_DOUBLE = {torch.float32: torch.float64, torch.complex64: torch.complex128}
