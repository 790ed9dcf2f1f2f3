"""What the cut of a step must know of an operation and of a value."""

from __future__ import annotations

import operator
from typing import Any

import torch
from torch import Tensor
from torch.fx import Node

aten = torch.ops.aten

_CHEAP = {
    operator.getitem,
    *(aten.add.Tensor, aten.add.Scalar, aten.sub.Tensor, aten.sub.Scalar, aten.rsub.Scalar),
    *(aten.mul.Tensor, aten.mul.Scalar, aten.neg.default, aten.abs.default, aten.sign.default),
    *(aten.relu.default, aten.where.self, aten.clamp.default, aten.sgn.default),
    *(aten.maximum.default, aten.minimum.default, aten.logical_not.default),
    *(aten.logical_and.default, aten.logical_or.default, aten.bitwise_not.default),
    *(aten.gt.Scalar, aten.ge.Scalar, aten.lt.Scalar, aten.le.Scalar, aten.eq.Scalar),
    *(aten.gt.Tensor, aten.ge.Tensor, aten.lt.Tensor, aten.le.Tensor, aten.eq.Tensor),
    *(aten.ne.Scalar, aten.ne.Tensor, aten._to_copy.default, aten.full_like.default),
    *(aten.full.default, aten.scalar_tensor.default, aten.zeros_like.default),
    *(aten.ones_like.default, aten.empty_like.default, aten.copy.default),
    *(aten.view.default, aten._unsafe_view.default, aten.reshape.default, aten.permute.default),
    *(aten.t.default, aten.transpose.int, aten.expand.default, aten.squeeze.dims),
    *(aten.squeeze.dim, aten.unsqueeze.default, aten.slice.Tensor, aten.select.int),
    *(aten.split.Tensor, aten.split_with_sizes.default, aten.cat.default, aten.clone.default),
    *(aten.view_as_real.default, aten.view_as_complex.default, aten._conj.default),
    *(aten.constant_pad_nd.default, aten.slice_scatter.default, aten.select_scatter.default),
}

_OVER_ROWS = {
    *(aten.flip.default, aten.roll.default, aten.cumsum.default, aten.cumprod.default),
    *(aten.sort.default, aten.topk.default, aten.index_select.default, aten.gather.default),
    *(aten.scatter.src, aten.scatter_add.default, aten.slice.Tensor, aten.select.int),
    *(aten.slice_scatter.default, aten.select_scatter.default, aten.index.Tensor),
}


def is_cheap(node: Node) -> bool:
    """Return whether an operation costs no more than reading its result from memory."""
    return node.target in _CHEAP


def is_tensor(node: Node) -> bool:
    """Return whether a value is a tensor, or several."""
    value = node.meta.get("val")
    return isinstance(value, Tensor | tuple | list)


def has_rows(node: Node) -> bool:
    """Return whether an axis of a value has to do with the batch size."""
    return any(_symbolic(size) for tensor in _each(node) for size in tensor.shape)


def storable(node: Node) -> bool:
    """Return whether a value is rows: the batch is its first axis, and only that."""
    value = node.meta.get("val")
    if not isinstance(value, Tensor) or value.dim() == 0:
        return False
    first, *others = value.shape
    return _is_batch(first) and not any(_symbolic(size) for size in others)


def row_size(node: Node) -> int:
    """Return how many bytes one row of a value has."""
    value = node.meta["val"]
    if not isinstance(value, Tensor):
        return 0
    elements = 1
    for size in value.shape:
        elements *= 1 if _symbolic(size) else int(size)
    return elements * value.element_size()


def mixes_rows(node: Node) -> bool:
    """Return whether an operation moves values from row to row of its first argument."""
    if node.target not in _OVER_ROWS or not isinstance(node.args[0], Node):
        return False
    if node.target is aten.index.Tensor:
        chosen: Any = node.args[1]
        return bool(chosen) and chosen[0] is not None
    axes = _axes(node)
    source = node.args[0].meta.get("val")
    rank = source.dim() if isinstance(source, Tensor) else 1
    batch = [
        axis
        for axis, size in enumerate(source.shape if isinstance(source, Tensor) else ())
        if _symbolic(size)
    ]
    return any(axis % rank in batch for axis in axes)


def _axes(node: Node) -> list[int]:
    schema = node.target._schema  # type: ignore[union-attr]
    for i, argument in enumerate(schema.arguments):
        if argument.name in ("dim", "dims"):
            given = node.args[i] if i < len(node.args) else node.kwargs.get(argument.name)
            value: Any = argument.default_value if given is None else given
            return [value] if isinstance(value, int) else list(value or [])
    return []


def _each(node: Node) -> list[Tensor]:
    value = node.meta.get("val")
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, tuple | list):
        return [item for item in value if isinstance(item, Tensor)]
    return []


def _symbolic(size: Any) -> bool:
    return isinstance(size, torch.SymInt)


def _is_batch(size: Any) -> bool:
    return _symbolic(size) and size.node.expr.is_symbol
