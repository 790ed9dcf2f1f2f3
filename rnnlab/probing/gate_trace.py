"""Gates and states along one sequence."""

from __future__ import annotations

from dataclasses import dataclass, replace

from torch import Tensor

from rnnlab.errors import ConfigError
from rnnlab.probing.gates import gate_values
from rnnlab.probing.sequence_axis import SequenceAxis, check_row
from rnnlab.recurrence import tree
from rnnlab.recurrence.trace import Trace, state_names


@dataclass(frozen=True, eq=False)
class GateTrace:
    """What one layer did along one sequence of L valid steps, in the order of the input.

    Args:
        gates: Each gate at each step, ``(L, *)``, on the CPU.
        states: Each tensor of the state after each step, ``(L, *)``, on the CPU: of a layer that
            reads backwards after it has read this step and all later ones.
        reverse: Whether the layer reads backwards.
        axis: What was read at each step, where it was given.
    """

    gates: dict[str, Tensor]
    states: dict[str, Tensor]
    reverse: bool
    axis: SequenceAxis | None = None


def gate_trace(trace: Trace, row: int, axis: SequenceAxis | None = None) -> GateTrace:
    """Return gates and states of one sequence of a batch.

    Args:
        trace: Of a layer that ran the batch.
        row: Which sequence.
        axis: What its steps are to be called: :func:`rnnlab.probing.sequence_axis.input_axis`, or
            ``earlier_target_axis`` for a layer of a decoder.

    Raises:
        ConfigError: There is no such row, or the axis has another number of steps.
    """
    lengths = trace.valid_lengths()
    check_row(row, len(lengths))
    steps = int(lengths[row])
    if axis is not None and axis.steps != steps:
        raise ConfigError(f"the axis has {axis.steps} steps, and the layer read {steps}")

    def alone(leaf: Tensor) -> Tensor:
        return leaf[row : row + 1]

    def along(leaf: Tensor) -> Tensor:
        read = leaf[0, :steps].cpu()
        return read.flip(0) if trace.reverse else read

    one = replace(
        trace,
        z=tree.map_tensors(alone, trace.z),
        initial=tree.map_tensors(alone, trace.initial),
        states=tree.map_tensors(alone, trace.states),
        lengths=lengths[row : row + 1],
        reset=None if trace.reset is None else alone(trace.reset),
    )
    gates = {name: along(value) for name, value in gate_values(one).items()}
    names = state_names(trace.cell, trace.states)
    states = zip(names, tree.leaves(one.states), strict=True)
    return GateTrace(gates, {name: along(leaf) for name, leaf in states}, trace.reverse, axis)
