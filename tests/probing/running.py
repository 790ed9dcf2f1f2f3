"""Traces of cells, and their Jacobians by torch's own slow way."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlab.cells import GRU, LSTM, RNN, Cell, Jordan
from rnnlab.cells.base import Tree
from rnnlab.recurrence import Recurrent, tree
from rnnlab.recurrence.trace import Trace, traced
from tests.probing.toy_cells import Decaying, Forgetful, Nested, ReverseOnly

MAKERS = {
    "rnn": lambda: RNN(3, 4),
    "relu": lambda: RNN(3, 4, nonlinearity="relu"),
    "gru": lambda: GRU(3, 4),
    "lstm": lambda: LSTM(3, 4),
    "jordan": lambda: Jordan(3, 5, 2, output_nonlinearity="sigmoid"),
    "nested": Nested,
    "decaying": Decaying,
    "reverse only": ReverseOnly,
    "forgetful": Forgetful,
}


def made(name: str, seed: int = 0) -> Cell:
    """Return a cell in float64."""
    torch.manual_seed(seed)
    return MAKERS[name]().double()


def drawn(cell: Cell, B: int, T: int, seed: int = 1) -> Tensor:
    """Return an input of the dtype of the cell."""
    weight = next(cell.parameters())
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(B, T, cell.input_size, generator=generator, dtype=torch.float64)
    return x.to(weight)


def trace_of(
    cell: Cell,
    x: Tensor,
    lengths: list[int] | None = None,
    reset: Tensor | None = None,
    state: Tree = None,
    reverse: bool = False,
) -> Trace:
    """Run a cell and return what passed."""
    layer = Recurrent(cell, reverse=reverse)
    with traced(layer, engine="loop") as traces, torch.no_grad():
        layer(x, state, None if lengths is None else torch.tensor(lengths), reset)
    (trace,) = traces.values()
    return trace


def state_before(trace: Trace, b: int, t: int) -> Tree:
    """Return the state before one step of one row, a batch of one."""
    if t == 0:
        return tree.map_tensors(lambda leaf: leaf[b : b + 1], trace.initial)
    return tree.map_tensors(lambda leaf: leaf[b : b + 1, t - 1], trace.states)


def stepped(trace: Trace, b: int, t: int, vector: Tensor) -> Tensor:
    """Return the state after one step as a vector ``(N,)``, of the one before as a vector."""
    leaves = tree.leaves(state_before(trace, b, t))
    first, varied = 0, []
    for leaf in leaves:
        if leaf.dtype == torch.int64:
            varied.append(leaf)
            continue
        size = torch.view_as_real(leaf).numel() if leaf.is_complex() else leaf.numel()
        part = vector[first : first + size]
        if leaf.is_complex():
            part = torch.complex(part[0::2], part[1::2])
        varied.append(part.reshape(leaf.shape))
        first += size
    state = tree.with_leaves(state_before(trace, b, t), varied)
    z = tree.map_tensors(lambda leaf: leaf[b : b + 1, t], trace.z)
    return flat(trace.cell.step(z, state))


def flat(state: Tree) -> Tensor:
    """Return the numbers of a state that can be differentiated, ``(N,)``."""
    parts = []
    for leaf in tree.leaves(state):
        if leaf.is_complex():
            parts.append(torch.stack([leaf.real, leaf.imag], -1).flatten())
        elif leaf.is_floating_point():
            parts.append(leaf.flatten())
    return torch.cat(parts)


def jacobian_of(trace: Trace, b: int, t: int) -> Tensor:
    """Return ds_t/ds_{t-1} of one row by :func:`torch.autograd.functional.jacobian`."""
    vector = flat(state_before(trace, b, t))
    found = torch.autograd.functional.jacobian(lambda v: stepped(trace, b, t, v), vector)
    assert isinstance(found, Tensor)
    return found


def by_differences(trace: Trace, b: int, t: int, width: float = 1e-6) -> Tensor:
    """Return ds_t/ds_{t-1} of one row by central differences."""
    vector = flat(state_before(trace, b, t))
    columns = []
    with torch.no_grad():
        for place in range(len(vector)):
            change = torch.zeros_like(vector)
            change[place] = width
            ahead = stepped(trace, b, t, vector + change)
            columns.append((ahead - stepped(trace, b, t, vector - change)) / (2 * width))
    return torch.stack(columns, 1)
