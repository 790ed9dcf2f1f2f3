"""The step of a cell as one graph, with the tensors that it reads."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from types import FunctionType
from typing import Any

import torch
from torch import Tensor
from torch._dynamo.exc import FailOnRecompileLimitHit
from torch.fx import GraphModule
from torch.utils import _pytree as pytree

from rnnlab.cells.base import Cell, Tree
from rnnlab.recurrence import tree
from rnnlab.recurrence.engines.compiled.failure import CompileFailed
from rnnlab.recurrence.engines.compiled.step_graph import StepGraph
from rnnlab.recurrence.engines.compiled.trace import Trace

PROBE_ROWS = 3
"""Rows of the batch that a step is traced with; its size stands as a symbol in the graph."""


class Capture:
    """Traces the step of one cell, anew only where what it depends on has changed.

    Dynamo traces Python and guards what the trace depends on: attributes of the cell, shapes and
    dtypes, autocast. A closed-over tensor becomes an input of the graph, as a parameter does. The
    step is called with probes of a constant size, so that neither B nor T is ever a reason to trace
    again.
    """

    def __init__(self) -> None:
        self._called = threading.local()
        # Dynamo counts its traces by code object: this one is nobody else's.
        own = FunctionType(_step.__code__.replace(), globals())
        self._function = own
        self._step = torch.compile(own, backend=self._backend, fullgraph=True, dynamic=False)
        self._graphs: dict[int, StepGraph] = {}
        self._probes: dict[Any, tuple[Tree, Tree, list[Trace]]] = {}

    def __call__(self, cell: Cell, z: Tree, state: Tree) -> tuple[StepGraph, list[Tensor]]:
        """Return the graph of a step, and the weights as they are now.

        Args:
            cell: Always the same one; it is not kept, so that it can be forgotten.
            z: The projected input of all steps, leaves ``(T, B, ...)``.
            state: A state, leaves ``(B, ...)``.

        Raises:
            CompileFailed: The step cannot be traced as one graph.
        """
        z_probe, state_probe, traces = self._probe(z, state)
        step_locals = {"cell": cell, "z": z_probe, "state": state_probe}
        with _tracing_state(bool(traces)):
            for trace in traces:
                if trace.holds(step_locals):
                    return trace.graph, trace.weights(step_locals)
            graph, weights = self._trace(cell, z_probe, state_probe)
        new = Trace.last(self._function, graph, step_locals)
        if new is not None:
            traces.append(new)
        return graph, weights

    def _trace(self, cell: Cell, z: Tree, state: Tree) -> tuple[StepGraph, list[Tensor]]:
        try:
            following = self._step(cell, z, state)
        except Exception as error:
            raise CompileFailed(_reason(error)) from error
        called: _Called | None = getattr(self._called, "last", None)
        if called is None:
            raise CompileFailed("its step computes nothing, or torch's compiler is switched off")
        self._called.last = None
        graph = self._graphs.get(id(called.module))
        if graph is None:
            graph = _step_graph(called, z, state, following)
            self._graphs[id(called.module)] = graph
        return graph, [called.inputs[i] for i in graph.weights]

    def _backend(self, module: GraphModule, _: list[Any]) -> Callable[..., list[Tensor]]:
        outputs = len(_output(module))

        def called(*inputs: Any) -> list[Tensor]:
            # Nothing is computed: what is wanted are the graph and its inputs.
            marks = [torch.empty(0) for _ in range(outputs)]
            self._called.last = _Called(module, inputs, marks)
            return marks

        return called

    def _probe(self, z: Tree, state: Tree) -> tuple[Tree, Tree, list[Trace]]:
        key = (
            _structure(z),
            _structure(state),
            *((leaf.shape[2:], leaf.dtype, leaf.device) for leaf in tree.leaves(z)),
            *((leaf.shape[1:], leaf.dtype, leaf.device) for leaf in tree.leaves(state)),
        )
        probes = self._probes.get(key)
        if probes is None:
            with torch.inference_mode(False):
                probes = (
                    tree.map_tensors(lambda leaf: _zeros(leaf, leaf.shape[2:]), z),
                    tree.map_tensors(lambda leaf: _zeros(leaf, leaf.shape[1:]), state),
                    [],
                )
            self._probes[key] = probes
        return probes


def _structure(leaves: Tree) -> Any:
    if isinstance(leaves, Tensor):
        return None
    if type(leaves) is tuple and all(isinstance(leaf, Tensor) for leaf in leaves):
        return len(leaves)
    flat, structure = pytree.tree_flatten(leaves)
    return structure, *(None if isinstance(leaf, Tensor) else leaf for leaf in flat)


def _tracing_state(traced: bool) -> AbstractContextManager[object]:
    """See to it that a trace has gradients, wherever it is asked for."""
    if traced and torch.is_grad_enabled() and not torch.is_inference_mode_enabled():
        return nullcontext()
    return _with_gradients(traced)


@contextmanager
def _with_gradients(traced: bool) -> Iterator[None]:
    with ExitStack() as stack:
        if torch.is_inference_mode_enabled():
            stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.enable_grad())
        if not traced:
            # What torch warns of its own code is nothing to the user.
            stack.enter_context(warnings.catch_warnings(action="ignore"))
        yield


def _step(cell: Cell, z: Tree, state: Tree) -> Tree:
    return cell.step(z, state)


@dataclass(frozen=True)
class _Called:
    module: GraphModule
    inputs: tuple[Any, ...]
    marks: list[Tensor]


def _zeros(leaf: Tensor, shape: torch.Size) -> Tensor:
    floating = leaf.dtype.is_floating_point or leaf.dtype.is_complex
    probe = torch.zeros(
        PROBE_ROWS, *shape, dtype=leaf.dtype, device=leaf.device, requires_grad=floating
    )
    torch._dynamo.mark_dynamic(probe, 0)
    return probe


def _step_graph(called: _Called, z: Tree, state: Tree, following: Tree) -> StepGraph:
    z_leaves, state_leaves = tree.leaves(z), tree.leaves(state)
    position = {id(value): i for i, value in enumerate(called.inputs) if isinstance(value, Tensor)}
    z_at = [position.get(id(leaf)) for leaf in z_leaves]
    state_at = [position.get(id(leaf)) for leaf in state_leaves]
    rows = {*z_at, *state_at}
    weights = [
        i for i, value in enumerate(called.inputs) if isinstance(value, Tensor) and i not in rows
    ]
    sources: dict[int, int | tuple[str, int]] = {
        **{id(leaf): ("z", i) for i, leaf in enumerate(z_leaves)},
        **{id(leaf): ("state", i) for i, leaf in enumerate(state_leaves)},
        **{id(mark): i for i, mark in enumerate(called.marks)},
    }
    structure = pytree.tree_structure(state)
    try:
        leaves = _tensors(structure.flatten_up_to(following))
    except ValueError as error:
        raise CompileFailed(f"its step changes the structure of the state: {error}") from error
    if len(leaves) != len(state_leaves) or any(id(leaf) not in sources for leaf in leaves):
        raise CompileFailed("its step returns a tensor that depends on neither input nor state")
    return StepGraph(
        called.module,
        z_at,
        state_at,
        weights,
        [sources[id(leaf)] for leaf in leaves],
        (z_leaves, state_leaves),
    )


def _tensors(leaves: list[Any]) -> list[Tensor]:
    return [leaf for leaf in leaves if isinstance(leaf, Tensor)]


def _output(module: GraphModule) -> tuple[Any, ...]:
    (output,) = next(node for node in module.graph.nodes if node.op == "output").args
    return tuple(output)


def _reason(error: Exception) -> str:
    """Return what Dynamo says, in one line: what is in its way, and its explanation."""
    if isinstance(error, FailOnRecompileLimitHit):
        limit = torch._dynamo.config.recompile_limit
        return (
            f"its step depends on a value of Python's that keeps changing: it was traced {limit} "
            f"times, which is torch._dynamo.config.recompile_limit"
        )
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    explanation = (line for line in lines if line.startswith("Explanation: "))
    what = lines[0] if lines else type(error).__name__
    why = next(explanation, "").removeprefix("Explanation: ")
    return f"its step cannot be traced: {what}" + (f": {why}" if why else "")
