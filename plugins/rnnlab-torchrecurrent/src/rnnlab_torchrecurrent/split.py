"""A cell's forward, split into what needs the input alone and the rest.

torchrecurrent computes everything of a step in one ``forward``, so that its layers multiply the
input by its weights once per step; rnnlab calls ``project`` once for all steps. Which operations
can move there need not be known of any formula: a trace of the forward (``torch.fx``) shows which
of them depend on the state.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch import fx, nn

Function = Callable[..., Any]


def split(cell: nn.Module) -> tuple[Function, Function]:
    """Split ``cell.forward(x, *states)``; its values are not needed, so any device will do.

    Args:
        cell: A module whose forward has no branches but on numbers of axes, which it is told are 2.

    Returns:
        ``early(cell, x)``, a tuple of tensors, and ``late(cell, *early, *states)``, which returns
        what the forward returns. Both read the weights of the ``cell`` that they are given.
    """
    graph = _Tracer().trace(cell)
    x, *states = (node for node in graph.nodes if node.op == "placeholder")
    result = next(node for node in graph.nodes if node.op == "output")
    of_states = _dependent(graph, states)
    of_x_alone = _dependent(graph, [x]) - of_states
    border = [
        node
        for node in graph.nodes
        if node in of_x_alone and any(user not in of_x_alone for user in node.users)
    ]
    return (
        _function(cell, [x], tuple(border)),
        _function(cell, [*border, *states], result.args[0]),
    )


class _Batched(fx.Proxy):
    """Stands for a tensor that has an axis for the batch."""

    def dim(self) -> int:
        return 2


class _Tracer(fx.Tracer):
    def proxy(self, node: fx.Node) -> fx.Proxy:
        return _Batched(node, self)


def _dependent(graph: fx.Graph, origins: Sequence[fx.Node]) -> set[fx.Node]:
    found = set(origins)
    for node in graph.nodes:  # in the order of execution
        if not found.isdisjoint(node.all_input_nodes):
            found.add(node)
    return found


def _function(cell: nn.Module, given: Sequence[fx.Node], result: Any) -> Function:
    """Return ``function(cell, *given)``, which computes ``result`` as the traced forward does."""
    graph = fx.Graph()
    known = {node: graph.placeholder(node.name) for node in given}

    def copied(node: fx.Node) -> fx.Node:
        if node not in known:
            known[node] = graph.node_copy(node, copied)
        return known[node]

    graph.output(fx.map_arg(result, copied))
    # The generated function takes the module as its first argument, as any method does.
    return type(fx.GraphModule(cell, graph)).forward
