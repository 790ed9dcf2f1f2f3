"""The cell that a contract is about, and inputs and states for it."""

from __future__ import annotations

from typing import Any
from unittest import SkipTest

import torch
from torch import Tensor

from rnnlab.cells.base import Cell, Tree
from rnnlab.recurrence import tree
from rnnlab.testing.cells.comparing import copied
from rnnlab.testing.rule import Contract, seed_torch

FEATURES = 3


class CellSubject(Contract):
    """Makes what the rules look at: small, in evaluation mode, the same at every call."""

    def make_cell(self, input_size: int, **arguments: Any) -> Cell:
        """Return a small cell.

        Args:
            input_size: F.
            arguments: Constructor arguments that take precedence over the method's own.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement make_cell")

    def cell(self, dtype: torch.dtype = torch.float64, seed: int = 0) -> Cell:
        """Return a cell in evaluation mode, with the weights that a seed gives it."""
        with torch.random.fork_rng(devices=[]):
            seed_torch(seed)
            cell = self.make_cell(FEATURES)
        return converted(cell, dtype).eval()


def converted(cell: Cell, dtype: torch.dtype) -> Cell:
    """Return the cell with real numbers of a dtype, and complex ones of the same precision."""
    # Not to(dtype), which would make complex numbers real.
    cell = cell.double() if dtype == torch.float64 else cell.float()
    for weight in [*cell.parameters(), *cell.buffers()]:
        if weight.is_complex():
            weight.data = weight.data.to(dtype.to_complex())
    return cell


def inputs(*shape: int, dtype: torch.dtype = torch.float64, seed: int = 1) -> Tensor:
    """Return random numbers ``(*shape, F)``, the same at every call."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, FEATURES, generator=generator, dtype=torch.float64).to(dtype)


def reached_state(cell: Cell, batch_size: int, dtype: torch.dtype = torch.float64) -> Tree:
    """Return a state that the cell comes to within two steps, without history.

    Random numbers would do for most cells; but a state may have to be positive, or normalised.
    """
    state = cell.init_state(batch_size)
    with torch.no_grad():
        for t in range(2):
            x = inputs(batch_size, dtype=dtype, seed=10 + t)
            state = copied(cell.step(cell.project(x), state))
    return state


def differentiable(tensors: Tree) -> Tree:
    """Return leaves that require gradients, where numbers can; counters stay as they are."""

    def leaf(tensor: Tensor) -> Tensor:
        smooth = tensor.is_floating_point() or tensor.is_complex()
        return tensor.detach().clone().requires_grad_(smooth)

    return tree.map_tensors(leaf, tensors)


def smooth_leaves(tensors: Tree) -> list[Tensor]:
    """Return the leaves that gradients can flow to."""
    return [leaf for leaf in tree.leaves(tensors) if leaf.requires_grad]


def weighted_sum(tensors: list[Tensor]) -> Tensor:
    """Return a sum in which no two values cancel: every one has a random weight."""
    generator = torch.Generator().manual_seed(3)
    total = torch.zeros((), dtype=torch.float64)
    for tensor in tensors:
        parts = torch.view_as_real(tensor) if tensor.is_complex() else tensor
        weight = torch.randn(parts.shape, generator=generator, dtype=torch.float64)
        total = total + (parts * weight).sum()
    return total


def row(tensors: Tree, b: int) -> Tree:
    """Return row ``b`` of every leaf, as a batch of one."""
    return tree.map_tensors(lambda leaf: leaf[b : b + 1], tensors)


def not_applicable(why: str) -> SkipTest:
    """Return what a rule raises that says nothing about this cell."""
    return SkipTest(why)
