"""Where two trees of tensors differ, in words."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from rnnlab.cells.base import Tree
from rnnlab.recurrence import tree

TOLERANCE = 1e-9
"""Of values near 1 in float64, where sums may be taken in another order."""


def difference(a: Tree, b: Tree, tolerance: float = TOLERANCE) -> str | None:
    """Return in what two trees differ, or None where they are the same; NaN equals NaN.

    Args:
        a: A tree of tensors.
        b: Another.
        tolerance: Greatest difference allowed, absolute and relative; 0 for bit equality.
    """
    if not tree.alike(a, b):
        return f"{form(a)} and {form(b)}"
    for one, other in zip(tree.leaves(a), tree.leaves(b), strict=True):
        if one.dtype != other.dtype:
            return f"{one.dtype} and {other.dtype}"
        if not torch.allclose(one, other, rtol=tolerance, atol=tolerance, equal_nan=True):
            return f"values {_distance(one, other)}"
    return None


def form(tensors: Tree) -> str:
    """Return structure, shapes and dtypes of a tree, in words."""
    words = tree.map_tensors(lambda leaf: _Words(_describe(leaf)), tensors)
    return str(words)


def copied(tensors: Tree) -> Tree:
    """Return copies without history."""
    return tree.map_tensors(lambda leaf: leaf.detach().clone(), tensors)


class _Words(str):
    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _describe(leaf: Tensor) -> str:
    return f"{str(leaf.dtype).removeprefix('torch.')}{tuple(leaf.shape)}"


def _distance(a: Tensor, b: Tensor) -> str:
    if a.dtype == torch.bool:
        return "that are not all equal"
    far = (a - b).abs().max().item()
    return f"up to {far:.3g} apart" if math.isfinite(far) else "of which some are NaN or infinite"
