"""Rules on devices and precisions other than the CPU's float32."""

from __future__ import annotations

import torch

from rnnlab.recurrence import Recurrent, tree
from rnnlab.testing.cells.comparing import form
from rnnlab.testing.cells.subject import CellSubject, inputs
from rnnlab.testing.rule import rule

_SOUND = ("test_engines_agree_with_the_loop",)


class DeviceRules(CellSubject):
    """A cell goes where its weights go."""

    @rule(*_SOUND)
    def test_other_devices(self) -> None:
        """New tensors must be on the device of the weights, as weight.new_zeros(...) makes them.

        And values must not be looked at (no .item(), no if on a tensor). Device meta stands for
        any that is not the CPU.
        """
        cell = self.cell(torch.float32)
        shapes = form(Recurrent(cell)(inputs(2, 4, dtype=torch.float32)))
        cell = cell.to("meta")
        x = inputs(2, 4, dtype=torch.float32).to("meta")
        state = cell.init_state(2)
        assert all(leaf.is_meta for leaf in tree.leaves(state)) or not _weights(cell), (
            "init_state made a tensor on the CPU while the weights are elsewhere: make it with "
            "weight.new_zeros(batch_size, ...) or device=weight.device"
        )
        state = tree.map_tensors(lambda leaf: leaf.to("meta"), state)
        result = Recurrent(cell)(x, state)
        assert all(leaf.is_meta for leaf in tree.leaves(result)), (
            "a result is on the CPU while weights and inputs are elsewhere: make new tensors with "
            "weight.new_zeros(...) or torch.zeros_like(h), and constants as buffers"
        )
        assert form(result) == shapes, (
            f"shapes are {form(result)} on device meta and {shapes} on the CPU: they must not "
            "depend on values"
        )

    @rule(*_SOUND)
    def test_autocast_keeps_the_dtype_of_the_state(self) -> None:
        """Under bfloat16 autocast the state must keep its dtype, and be finite."""
        cell = self.cell(torch.float32)
        state = cell.init_state(2)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            for t in range(3):
                before = state
                z = cell.project(inputs(2, dtype=torch.float32, seed=t))
                state = cell.step(z, before)
                dtypes = [[leaf.dtype for leaf in tree.leaves(s)] for s in (before, state)]
                assert dtypes[0] == dtypes[1], (
                    f"step made {form(state)} of {form(before)} under bfloat16 autocast: add to or "
                    "multiply with the old state, which keeps float32, or return "
                    "h.to(state.dtype); sums over many steps lose too much in bfloat16"
                )
            output = cell.readout(state, z)
        assert all(leaf.isfinite().all() for leaf in [output, *tree.leaves(state)]), (
            "outputs or states are NaN or infinite under bfloat16 autocast: compute what overflows "
            "(exp, sums, norms) in float32"
        )


def _weights(cell: torch.nn.Module) -> bool:
    return any(True for _ in (*cell.parameters(), *cell.buffers()))
