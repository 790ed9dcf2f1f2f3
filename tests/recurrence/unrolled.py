"""The truth about adjoints: one row at a time, step by step, gradients retained on ``s_t + 0``."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlab.cells import Cell
from rnnlab.cells.base import Tree
from rnnlab.recurrence import Bidirectional, Layer, Recurrent, Stack, tree

Kept = dict[str, list[list[Tensor]]]


def unrolled_adjoints(
    network: Stack, x: Tensor, lengths: list[int], weights: Tensor, last_only: bool = False
) -> dict[str, list[Tensor]]:
    """Return the gradients of ``(weights * tanh(output)).sum()`` by every state.

    Nothing is padded, masked or batched here: each row is run by itself, as long as it is.

    Returns:
        By layer, for each tensor of the state ``(B, T, *)`` in the order of reading.
    """
    B, T, _ = x.shape
    found: dict[str, list[Tensor]] = {}
    for b in range(B):
        kept: Kept = {}
        outputs = list(x[b, : lengths[b]].unsqueeze(1).unbind(0))
        for i in range(len(network)):
            outputs = _layer(network[i], f"layers.{i}", outputs, kept)
        loss = x.new_zeros(())
        for t, output in enumerate(outputs):
            if not last_only or t == len(outputs) - 1:
                loss = loss + (weights[b, t] * output[0].tanh()).sum()
        if loss.requires_grad:
            loss.backward()
        for name, states in kept.items():
            for t, leaves in enumerate(states):
                for i, leaf in enumerate(leaves):
                    zeros = [leaf.new_zeros(B, T, *leaf.shape[1:]) for leaf in leaves]
                    into = found.setdefault(name, zeros)[i]
                    if leaf.grad is not None:
                        into[b, t] = leaf.grad[0]
    return found


def _layer(layer: Layer, name: str, xs: list[Tensor], kept: Kept) -> list[Tensor]:
    if isinstance(layer, Bidirectional):
        ahead = _over_time(layer.forwards.cell, f"{name}.forwards", xs, kept)
        back = _over_time(layer.backwards.cell, f"{name}.backwards", xs[::-1], kept)[::-1]
        return [torch.cat(pair, -1) for pair in zip(ahead, back, strict=True)]
    assert isinstance(layer, Recurrent)
    return _over_time(layer.cell, name, xs, kept)


def _over_time(cell: Cell, name: str, xs: list[Tensor], kept: Kept) -> list[Tensor]:
    state: Tree = cell.init_state(1)
    outputs = []
    for x in xs:
        z = cell.project(x)
        state = tree.map_tensors(_plus_zero, cell.step(z, state))
        kept.setdefault(name, []).append([s for s in tree.leaves(state) if s.requires_grad])
        outputs.append(cell.readout(state, z))
    return outputs


def _plus_zero(leaf: Tensor) -> Tensor:
    if not leaf.is_floating_point() and not leaf.is_complex():
        return leaf
    kept = leaf + 0
    if not kept.requires_grad:  # as that of a delay line before anything has gone through it
        return kept.requires_grad_()
    kept.retain_grad()
    return kept
