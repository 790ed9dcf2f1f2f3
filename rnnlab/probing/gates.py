"""The gates of a cell at every step of a trace."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlab.cells.base import Cell, Tree
from rnnlab.data.batch import valid_steps
from rnnlab.probing.undisturbed import undisturbed
from rnnlab.ranges import Range
from rnnlab.recurrence import tree
from rnnlab.recurrence.trace import Trace

_UNIT = Range(min=0, max=1)


def gate_values(trace: Trace) -> dict[str, Tensor]:
    """Return every gate that the cell names, ``(B, T, *)``, in the order of reading.

    The cell is asked once, time being folded into the batch. What stands in the padding means
    nothing.

    Raises:
        ValueError: The cell returns a gate without a row for each example.
    """
    B, T = tree.leaves(trace.z)[0].shape[:2]

    def folded(leaf: Tensor) -> Tensor:
        return leaf.flatten(0, 1)

    z, before = (tree.map_tensors(folded, each) for each in (trace.z, states_before(trace)))
    gates = _gates(trace.cell, z, before, B * T)
    return {name: value.unflatten(0, (B, T)) for name, value in gates.items()}


def gates_read(trace: Trace) -> dict[str, Tensor]:
    """Return every gate at the R valid steps of all rows, ``(R, *)``, one row after the other.

    Within a row the steps are in the order of reading.

    Raises:
        ValueError: The cell returns a gate without a row for each example.
    """
    if trace.lengths is None:
        return {name: value.flatten(0, 1) for name, value in gate_values(trace).items()}
    valid = valid_steps(trace.lengths, trace.steps, trace.lengths)

    def read(leaf: Tensor) -> Tensor:
        return leaf[valid]

    z, before = (tree.map_tensors(read, each) for each in (trace.z, states_before(trace)))
    return _gates(trace.cell, z, before, int(valid.sum()))


def _gates(cell: Cell, z: Tree, before: Tree, rows: int) -> dict[str, Tensor]:
    with torch.no_grad(), undisturbed(cell):
        gates = cell.gates(z, before)
    for name, value in gates.items():
        if value.shape[:1] != (rows,):
            raise ValueError(
                f"gate {name} of {type(cell).__name__} is {tuple(value.shape)} in a batch of "
                f"{rows}: gates must be (B, ...)"
            )
    return gates


def states_before(trace: Trace) -> Tree:
    """Return the state that each step starts from, leaves ``(B, T, *)``, in the order of reading.

    It is the one after the step before, or the initial one at the first step and after a reset.
    """

    def shifted(initial: Tensor, after: Tensor) -> Tensor:
        return torch.cat([initial.unsqueeze(1), after[:, :-1]], 1)

    before = tree.map_tensors(shifted, trace.initial, trace.states)
    if trace.reset is None:
        return before
    reset = trace.reset

    def fresh(anew: Tensor, leaf: Tensor) -> Tensor:
        mask = reset.reshape(*reset.shape, *(1,) * (leaf.dim() - 2))
        return torch.where(mask, anew.unsqueeze(1), leaf)

    return tree.map_tensors(fresh, trace.cell.init_state(reset.shape[0]), before)


def gate_range(cell: Cell, name: str) -> Range:
    """Return what a gate lies between: 0 and 1 unless the cell says otherwise."""
    return cell.gate_ranges.get(name, _UNIT)
