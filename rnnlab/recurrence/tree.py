"""Trees of tensors: the states of cells and layers.

A tree is a tensor, or a tuple, list, dict or named tuple of trees. Leaves that are no tensors
(None, numbers) are passed through. This is the only user of torch's pytree.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeGuard

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from rnnlab.cells.base import Tree


def map_tensors(function: Callable[..., Any], tree: Tree, *others: Tree) -> Tree:
    """Return the tree of ``function(leaf, *leaves of the others)``; all have one structure."""
    if isinstance(tree, Tensor):
        return function(tree, *others)

    def apply(leaf: Any, *rest: Any) -> Any:
        return function(leaf, *rest) if isinstance(leaf, Tensor) else leaf

    return pytree.tree_map(apply, tree, *others)


def leaves(tree: Tree) -> list[Tensor]:
    """Return the tensors of a tree, in its order."""
    if isinstance(tree, Tensor):
        return [tree]
    if _is_flat(tree):  # as most states are, and the general way is slow
        return list(tree)
    return [leaf for leaf in pytree.tree_leaves(tree) if isinstance(leaf, Tensor)]


def paths(tree: Tree) -> list[str]:
    """Return where each tensor of a tree is, such as ``memory.0``; a tensor alone is at ``""``."""
    found, _ = pytree.tree_flatten_with_path(tree)
    return [
        ".".join(_name(key) for key in path) for path, leaf in found if isinstance(leaf, Tensor)
    ]


def _name(key: Any) -> str:
    # Of a named tuple, a dict, or a place in a list.
    return str(next(v for k in ("name", "key", "idx") if (v := getattr(key, k, None)) is not None))


def with_leaves(tree: Tree, tensors: list[Tensor]) -> Tree:
    """Return a tree of the same structure with other tensors: the inverse of :func:`leaves`.

    Raises:
        ValueError: The tree has another number of tensors.
    """
    if isinstance(tree, Tensor) and len(tensors) == 1:
        return tensors[0]
    if _is_flat(tree) and len(tensors) == len(tree):
        return tuple(tensors)
    remaining = iter(tensors)
    filled = map_tensors(lambda leaf: next(remaining, leaf), tree)
    if len(leaves(tree)) != len(tensors):
        raise ValueError(f"a tree of {len(leaves(tree))} tensors cannot hold {len(tensors)}")
    return filled


def _is_flat(tree: Tree) -> TypeGuard[tuple[Tensor, ...]]:
    return type(tree) is tuple and all(isinstance(leaf, Tensor) for leaf in tree)


def alike(a: Tree, b: Tree) -> bool:
    """Return whether two trees have the same structure and leaves of the same shapes."""
    flat_a, structure_a = pytree.tree_flatten(a)
    flat_b, structure_b = pytree.tree_flatten(b)
    if structure_a != structure_b:
        return False
    pairs = zip(flat_a, flat_b, strict=True)
    return all(getattr(x, "shape", None) == getattr(y, "shape", None) for x, y in pairs)


def select(mask: Tensor, chosen: Tree, otherwise: Tree) -> Tree:
    """Return rows of ``chosen`` where ``mask`` ``(B,)`` is True, else of ``otherwise``."""

    def pick(a: Tensor, b: Tensor) -> Tensor:
        return torch.where(mask.reshape(-1, *(1,) * (a.dim() - 1)), a, b)

    return map_tensors(pick, chosen, otherwise)


def index_select(tree: Tree, index: Tensor) -> Tree:
    """Return rows ``index`` ``(N,)`` of every leaf ``(B, ...)``, as beam search reorders them."""
    return map_tensors(lambda leaf: leaf.index_select(0, index), tree)


def detach(tree: Tree) -> Tree:
    """Return the same values without their history."""
    return map_tensors(Tensor.detach, tree)


def stack(trees: list[Tree], dim: int) -> Tree:
    """Return one tree whose leaves are stacked along a new axis ``dim``."""
    return map_tensors(lambda *same: torch.stack(same, dim), *trees)


def unbind(tree: Tree, dim: int) -> list[Tree]:
    """Return the slices along axis ``dim``: the inverse of :func:`stack`."""
    if isinstance(tree, Tensor):
        # One unbind: its gradient is one stack, whereas T selects would each fill a whole tensor.
        return list(tree.unbind(dim))
    flat, structure = pytree.tree_flatten(tree)
    steps = next(leaf.shape[dim] for leaf in flat if isinstance(leaf, Tensor))
    unbound = (leaf.unbind(dim) if isinstance(leaf, Tensor) else [leaf] * steps for leaf in flat)
    slices = zip(*unbound, strict=True)
    return [pytree.tree_unflatten(list(leaf), structure) for leaf in slices]
