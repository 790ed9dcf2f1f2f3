r"""Looking inside recurrent layers: the states between the steps, and their adjoints.

A cell's ``step`` returns the state and only that, so a tensor of zeros can be added to the state
between the step and its two readers, the next step and ``readout``. The gradient of a loss L by
these zeros is the adjoint :math:`\partial L / \partial s_t` of the whole state, exactly and without
hooks, for any cell.

The tensors of one state are told apart: for an LSTM :math:`\partial L / \partial c_t` is what
reaches the memory from the next step on. It leaves out the path through :math:`h_t` of the same
step, which is in :math:`\partial L / \partial h_t`, and is zero at the last one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from rnnlab.cells.base import Cell, Tree
from rnnlab.errors import ConfigError, nearest
from rnnlab.recurrence import tree
from rnnlab.recurrence.engines import ENGINES
from rnnlab.recurrence.recurrent import Recurrent


@dataclass(frozen=True, eq=False)
class Trace:
    """What passed inside one recurrent layer for one batch.

    All steps are in the order of reading: a layer that reads backwards begins with each row's last
    valid step, and padding comes after the valid steps in either direction.

    Args:
        cell: What ran.
        z: The projected input, leaves ``(B, T, *)``.
        initial: The state before the first step, leaves ``(B, *)``.
        states: The state after each step, leaves ``(B, T, *)``; in the padding it stays.
        zeros: What was added to the real and complex tensors of the state after each step, each
            ``(B, T, *)``; requires gradients where they are enabled.
        names: What those tensors are called, such as ``("h", "c")``.
        lengths: ``(B,)`` valid steps of each row; None for T.
        reset: ``(B, T)`` bool, True where the state returns to the initial one before a step.
        reverse: Whether the layer reads backwards.
        engine: What ran it.
    """

    cell: Cell
    z: Tree
    initial: Tree
    states: Tree
    zeros: tuple[Tensor, ...]
    names: tuple[str, ...]
    lengths: Tensor | None
    reset: Tensor | None
    reverse: bool
    engine: str

    @property
    def steps(self) -> int:
        """T."""
        return tree.leaves(self.z)[0].shape[1]

    def valid_lengths(self) -> Tensor:
        """Return the valid steps of each row, ``(B,)`` int64."""
        if self.lengths is not None:
            return self.lengths
        z = tree.leaves(self.z)[0]
        return torch.full((z.shape[0],), z.shape[1], dtype=torch.int64, device=z.device)


@contextmanager
def traced(model: nn.Module, engine: str | None = None) -> Iterator[dict[str, Trace]]:
    """Look at all recurrent layers of a model while the block runs it.

    Values are those of any other run; what the layers know of their engines stays as it is.

    Args:
        model: Anything that contains :class:`Recurrent`.
        engine: What is to run them; None for ``scan`` where the cell is affine, else ``loop``.

    Yields:
        What passed, by the path of each layer; it fills up as they run. A layer that runs again has
        a second entry, ``path (2)``.

    Raises:
        ConfigError: There is no recurrent layer, or the engine cannot be looked into.
    """
    layers = {name: part for name, part in model.named_modules() if isinstance(part, Recurrent)}
    if not layers:
        raise ConfigError("the model has no recurrent layer to look into")
    for layer in layers.values():
        if engine is not None:
            _check(engine, layer.cell)
    found: dict[str, Trace] = {}
    before = {layer: layer.tracer for layer in layers.values()}
    for name, layer in layers.items():
        layer.tracer = partial(_run, found, name or "recurrent", engine)
    try:
        yield found
    finally:
        for layer, tracer in before.items():
            layer.tracer = tracer


def adjoints(
    loss: Tensor, traces: Mapping[str, Trace], *, retain_graph: bool = False
) -> dict[str, dict[str, Tensor]]:
    """Return the gradient of a loss by the state after each step, exactly.

    Parameters keep the ``.grad`` that they have.

    Args:
        loss: A scalar that was computed inside :func:`traced`.
        traces: What it gave.
        retain_graph: Whether the loss is to be differentiated again.

    Returns:
        ``{layer: {name: (B, T, *)}}``, steps in the order of reading, zero in the padding and where
        the loss does not depend on the state.
    """
    zeros = [added for trace in traces.values() for added in trace.zeros]
    if not loss.requires_grad or not zeros:
        found = [torch.zeros_like(added) for added in zeros]
    else:
        found = list(
            torch.autograd.grad(
                loss, zeros, retain_graph=retain_graph, allow_unused=True, materialize_grads=True
            )
        )
    given = iter(found)
    return {layer: {name: next(given) for name in trace.names} for layer, trace in traces.items()}


def state_names(cell: Cell, state: Tree) -> tuple[str, ...]:
    """Return what the tensors of a state are called; see :attr:`Cell.state_names`."""
    count = len(tree.leaves(state))
    if len(cell.state_names) == count:
        return cell.state_names
    named = tree.paths(state)
    return ("h",) if named == [""] else tuple(f"s{n}" if n.isdigit() else n for n in named)


def _check(engine: str, cell: Cell) -> None:
    able = tuple(
        name
        for name, each in ENGINES.items()
        if each.trace_refusal is None and each.cell_refusal(cell) is None
    )
    if engine in able:
        return
    known = ENGINES.get(engine)
    if known is None:
        near = nearest(engine, able)
        raise ConfigError("no such engine", key="engine", value=engine, valid=able, near=near)
    why = known.trace_refusal or known.cell_refusal(cell) or ""
    raise ConfigError(why, key="engine", value=engine, valid=able)


def _run(
    found: dict[str, Trace],
    name: str,
    engine: str | None,
    layer: Recurrent,
    x: Tensor,
    state: Tree,
    lengths: Tensor | None,
    reset: Tensor | None,
) -> tuple[Tensor, Tree]:
    cell = layer.cell
    if engine is None:
        engine = "scan" if ENGINES["scan"].cell_refusal(cell) is None else "loop"
    steps = x.shape[1]

    def zeros(leaf: Tensor) -> Tensor:
        added = leaf.new_zeros(leaf.shape[0], steps, *leaf.shape[1:])
        return added.requires_grad_() if _differentiable(leaf) else added

    added = tree.map_tensors(zeros, state)
    passed = ENGINES[engine].trace(cell, x, state, lengths, reset, added)
    kept = [
        (leaf, leaf_name)
        for leaf, leaf_name in zip(tree.leaves(added), state_names(cell, state), strict=True)
        if _differentiable(leaf)
    ]
    again = sum(key == name or key.startswith(f"{name} (") for key in found)
    found[f"{name} ({again + 1})" if again else name] = Trace(
        cell,
        tree.detach(passed.z),
        tree.detach(state),
        tree.detach(passed.states),
        tuple(leaf for leaf, _ in kept),
        tuple(leaf_name for _, leaf_name in kept),
        lengths,
        reset,
        layer.reverse,
        engine,
    )
    return passed.output, passed.final


def _differentiable(leaf: Tensor) -> bool:
    return leaf.is_floating_point() or leaf.is_complex()
