"""What Dynamo has traced before, found again without calling it."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

import torch
from torch import Tensor
from torch.fx import Node

from rnnlab.recurrence.engines.compiled.step_graph import StepGraph

Locals = dict[str, Any]


class Trace:
    """A trace and what it depends on.

    Calling a traced function costs tens of microseconds before anything runs. Its guards alone, by
    which Dynamo tells whether the trace still holds, take three, and where each weight is found is
    known from the trace.

    Args:
        entry: Dynamo's.
        graph: What was traced.
        weights: Finds the weights, given the local names of the step.
    """

    def __init__(
        self, entry: Any, graph: StepGraph, weights: Callable[[Locals], list[Tensor]]
    ) -> None:
        self._entry, self._guards = entry, entry.guard_manager
        self.graph, self.weights = graph, weights

    @classmethod
    def last(cls, step: FunctionType, graph: StepGraph, step_locals: Locals) -> Trace | None:
        """Return the trace that holds for a call that has just been made.

        Args:
            step: The function that was called.
            graph: Of the call.
            step_locals: The arguments of the call, by name.

        Returns:
            None where this torch has no such internals, or an input has no place of its own.
        """
        try:
            entries = torch._dynamo.eval_frame._debug_get_cache_entry_list(step.__code__)
            placeholders = [n for n in graph.module.graph.nodes if n.op == "placeholder"]
            places = [_place(placeholders[i]) for i in graph.weights]
            # Written by Dynamo for its own guards, from what it has traced.
            weights = eval(f"lambda L: [{', '.join(places)}]", {"G": step.__globals__})
            found = weights(step_locals)
            for entry in entries:
                with torch.enable_grad():
                    trace = cls(entry, graph, weights)
                    if trace.holds(step_locals):
                        return trace if all(isinstance(w, Tensor) for w in found) else None
        except Exception:
            return None  # Dynamo is called every time, then
        return None

    def holds(self, step_locals: Locals) -> bool:
        """Return whether nothing has changed that the trace depends on."""
        # Dynamo puts another in its place where something that it depends on is gone.
        return self._entry.guard_manager is self._guards and bool(self._guards.check(step_locals))


def _place(placeholder: Node) -> str:
    """Return where an input of a graph is found, in terms of the names L and G."""
    name: Any = placeholder._dynamo_source.name  # type: ignore[attr-defined]
    return str(name() if callable(name) else name)
