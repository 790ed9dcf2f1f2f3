"""Runs a cell by an engine, and compares."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlab.cells import Cell
from rnnlab.recurrence import Recurrent, tree


def run(
    cell: Cell,
    engine: str,
    x: Tensor,
    lengths: Tensor | None = None,
    reset: Tensor | None = None,
    reverse: bool = False,
) -> list[Tensor]:
    """Return output, last state and all gradients."""
    x = x.clone().requires_grad_()
    start = tree.map_tensors(
        lambda leaf: (leaf.detach() + 0.25).requires_grad_() if differs(leaf) else leaf,
        cell.init_state(x.shape[0]),
    )
    layer = Recurrent(cell, engine, reverse=reverse)
    output, last = layer(x, start, lengths, reset)
    assert layer.choice is not None
    assert layer.choice.name == engine
    weights = torch.linspace(1, 2, output.numel(), dtype=output.dtype).reshape(output.shape)
    loss = (output * weights).sum()
    for i, leaf in enumerate(tree.leaves(last)):
        if differs(leaf):
            loss = loss + (i + 1) * leaf.abs().square().sum()
    sources = [x, *filter(differs, tree.leaves(start)), *cell.parameters()]
    sources = [source for source in sources if source.requires_grad]
    sources += getattr(cell, "tensors", [])
    gradients = torch.autograd.grad(loss, sources, allow_unused=True)
    filled = [
        torch.zeros_like(source) if g is None else g
        for g, source in zip(gradients, sources, strict=True)
    ]
    return [output.detach(), *(leaf.detach() for leaf in tree.leaves(last)), *filled]


def differs(leaf: Tensor) -> bool:
    return leaf.is_floating_point() or leaf.is_complex()


def assert_same(ours: list[Tensor], theirs: list[Tensor], tolerance: float = 1e-10) -> None:
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance)
