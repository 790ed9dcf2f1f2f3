"""The step of a cell, linearised: products with its Jacobian, which is not formed for them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.autograd import forward_ad

from rnnlab.cells.base import Cell, Tree
from rnnlab.recurrence import tree

ROWS = 4096
"""Rows that one call of the step gets at most: a bound on memory."""


class LinearisedStep:
    r"""R steps of a cell, each at a state of its own, as linear maps :math:`J_r = ds' / ds`.

    The state is seen as one vector: the float leaves one after the other, each flattened, a complex
    number as its real and its imaginary part. Counters and other leaves without a gradient are
    held. Products use autograd alone: forward mode for J v, reverse mode for uᵀ J. Because a cell
    treats every row of a batch by itself, K vectors per row are K copies of the row in one call;
    this asks no batching rule (vmap) of any operation, and costs the step itself K times.

    A product has the precision of the state: convert cell, z and state to float64 (``double()`` on
    a deep copy of the cell) where more than six digits are wanted.

    Args:
        cell: What is linearised.
        z: The projected input of the steps, leaves ``(R, *)``.
        state: The states before the steps, leaves ``(R, *)``.
        chosen: Which of the float leaves are varied and read, the others being held; None for all.

    Attributes:
        rows: R.
        size: N, the real numbers in the leaves that are varied.
        vector: The states as vectors, ``(R, N)``.
    """

    def __init__(
        self, cell: Cell, z: Tree, state: Tree, chosen: Sequence[int] | None = None
    ) -> None:
        self.cell, self.z, self.state = cell, tree.detach(z), tree.detach(state)
        self.chosen = chosen
        smooth = smooth_leaves(state)
        self._varied = smooth if chosen is None else [smooth[place] for place in chosen]
        self.vector = to_vector([tree.leaves(self.state)[place] for place in self._varied])
        self.rows, self.size = self.vector.shape
        self._formed: Tensor | None = None

    def push(self, vectors: Tensor) -> Tensor:
        """Return J v of every v: ``(R, K, N)`` to ``(R, K, N)``.

        By forward mode; where an operation of the cell has none, as somebody's autograd.Function,
        from J, which is then formed once and kept.
        """
        if self._formed is None:
            try:
                return self._copies(vectors, self._forward)
            except NotImplementedError:
                # The derivative of uᵀ J by u would be J v too, but is silently wrong where a
                # backward was written to be differentiated once.
                self._formed = self.matrices()
        return vectors @ self._formed.mT

    def pull(self, vectors: Tensor) -> Tensor:
        """Return uᵀ J of every u: ``(R, K, N)`` to ``(R, K, N)``."""
        return self._copies(vectors, self._backward)

    def matrices(self) -> Tensor:
        """Return J itself, ``(R, N, N)``: N products for each."""
        identity = torch.eye(self.size, dtype=self.vector.dtype, device=self.vector.device)
        return self.pull(identity.expand(self.rows, -1, -1))

    def take(self, rows: Tensor) -> LinearisedStep:
        """Return some of the rows, by index or mask."""
        z, state = (
            tree.map_tensors(lambda leaf: leaf[rows], each) for each in (self.z, self.state)
        )
        return LinearisedStep(self.cell, z, state, self.chosen)

    def _copies(self, vectors: Tensor, product: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
        R, K, N = vectors.shape
        rows = torch.arange(R, device=vectors.device).repeat_interleave(K)
        flat = vectors.reshape(R * K, N)
        # What was computed in inference mode, as in a validation loop, cannot be differentiated.
        with torch.inference_mode(False), torch.enable_grad():
            parts = [
                product(rows[first : first + ROWS].clone(), flat[first : first + ROWS].clone())
                for first in range(0, R * K, ROWS)
            ]
        return torch.cat(parts).reshape(R, K, N) if parts else vectors.clone()

    def _step(self, rows: Tensor, vector: Tensor) -> Tensor:
        leaves = tree.leaves(tree.index_select(self.state, rows))
        varied = from_vector(vector, [leaves[place] for place in self._varied])
        for place, leaf in zip(self._varied, varied, strict=True):
            leaves[place] = leaf
        state = tree.with_leaves(self.state, leaves)
        after = tree.leaves(self.cell.step(tree.index_select(self.z, rows), state))
        return to_vector([after[place] for place in self._varied])

    def _forward(self, rows: Tensor, flat: Tensor) -> Tensor:
        with forward_ad.dual_level(), warnings.catch_warnings():
            # Torch's own, of what it loads at the first call.
            warnings.filterwarnings(
                "ignore", "`torch.jit.script` is deprecated", DeprecationWarning
            )
            dual = forward_ad.make_dual(self.vector[rows], flat)
            tangent = forward_ad.unpack_dual(self._step(rows, dual)).tangent
            return torch.zeros_like(flat) if tangent is None else tangent.detach()

    def _backward(self, rows: Tensor, flat: Tensor) -> Tensor:
        vector = self.vector[rows].requires_grad_()
        after = self._step(rows, vector)
        if not after.requires_grad:
            return torch.zeros_like(flat)
        (found,) = torch.autograd.grad(after, vector, flat, materialize_grads=True)
        return found


def smooth_leaves(state: Tree) -> list[int]:
    """Return which leaves of a state have derivatives: the real and the complex ones."""
    return [
        place
        for place, leaf in enumerate(tree.leaves(state))
        if leaf.is_floating_point() or leaf.is_complex()
    ]


def to_vector(leaves: Sequence[Tensor]) -> Tensor:
    """Return leaves ``(R, *)`` as vectors ``(R, N)`` of real numbers."""
    reals = [torch.view_as_real(leaf) if leaf.is_complex() else leaf for leaf in leaves]
    return torch.cat([real.reshape(real.shape[0], -1) for real in reals], 1)


def from_vector(vector: Tensor, like: Sequence[Tensor]) -> list[Tensor]:
    """Return vectors ``(R, N)`` as leaves of the shapes and dtypes of others: the inverse."""
    leaves, first = [], 0
    for leaf in like:
        size = vector_size(leaf)
        part = vector[:, first : first + size].to(leaf.dtype.to_real())
        first += size
        if leaf.is_complex():
            part = torch.view_as_complex(part.reshape(*leaf.shape, 2))
        leaves.append(part.reshape(leaf.shape))
    return leaves


def vector_size(leaf: Tensor, axes: int = 1) -> int:
    """Return the real numbers of a leaf behind its leading axes."""
    return leaf.shape[axes:].numel() * (2 if leaf.is_complex() else 1)
