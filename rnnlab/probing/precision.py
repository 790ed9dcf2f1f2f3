"""A trace in float64."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

import torch
from torch import Tensor

from rnnlab.cells.base import Tree
from rnnlab.recurrence import tree
from rnnlab.recurrence.trace import Trace


def in_double(trace: Trace) -> Trace:
    """Return a trace with a copy of the cell, the input and the states in float64.

    The states are those that the layer had, not those that it would have had in float64; what is
    measured at them has the precision of float64. Complex numbers become complex128.
    """
    cell = deepcopy(trace.cell)
    with torch.no_grad():
        for weight in [*cell.parameters(), *cell.buffers()]:
            weight.data = _double(weight.data)
    z, initial, states = (_doubled(each) for each in (trace.z, trace.initial, trace.states))
    zeros = tuple(_double(added.detach()) for added in trace.zeros)
    return replace(trace, cell=cell, z=z, initial=initial, states=states, zeros=zeros)


def _doubled(tensors: Tree) -> Tree:
    return tree.map_tensors(_double, tensors)


def _double(tensor: Tensor) -> Tensor:
    if tensor.is_complex():
        return tensor.to(torch.complex128)
    return tensor.double() if tensor.is_floating_point() else tensor
