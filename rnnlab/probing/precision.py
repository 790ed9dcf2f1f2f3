"""A model, a batch or a trace in float64."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import TypeVar

import torch
from torch import Tensor, nn

from rnnlab.cells.base import Tree
from rnnlab.data.batch import Batch
from rnnlab.recurrence import tree
from rnnlab.recurrence.trace import Trace

Module = TypeVar("Module", bound=nn.Module)


def in_double(trace: Trace) -> Trace:
    """Return a trace with a copy of the cell, the input and the states in float64.

    The states are those that the layer had, not those that it would have had in float64; what is
    measured at them has the precision of float64. Complex numbers become complex128.
    """
    cell = module_in_double(trace.cell)
    z, initial, states = (_doubled(each) for each in (trace.z, trace.initial, trace.states))
    zeros = tuple(_double(added.detach()) for added in trace.zeros)
    return replace(trace, cell=cell, z=z, initial=initial, states=states, zeros=zeros)


def module_in_double(module: Module) -> Module:
    """Return a copy of a module whose real weights are float64 and whose complex are complex128."""
    copy = deepcopy(module)
    with torch.no_grad():
        for weight in [*copy.parameters(), *copy.buffers()]:
            weight.data = _double(weight.data)
    return copy


def batch_in_double(batch: Batch) -> Batch:
    """Return a batch whose real inputs and targets are float64."""
    target = None if batch.target is None else _double(batch.target)
    return replace(batch, input=_double(batch.input), target=target)


def _doubled(tensors: Tree) -> Tree:
    return tree.map_tensors(_double, tensors)


def _double(tensor: Tensor) -> Tensor:
    if tensor.is_complex():
        return tensor.to(torch.complex128)
    return tensor.double() if tensor.is_floating_point() else tensor
