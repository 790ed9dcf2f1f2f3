"""Everything that can be measured inside a network, in one go."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch

from rnnlab.data.batch import Batch
from rnnlab.diagnostics.options import Options
from rnnlab.diagnostics.subject import Subject
from rnnlab.errors import ConfigError
from rnnlab.models.model import Model
from rnnlab.probing.flow import Measured, measure_flow
from rnnlab.probing.gate_statistics import gate_summary
from rnnlab.probing.gate_trace import GateTrace, gate_trace
from rnnlab.probing.jacobian import StepJacobians, step_jacobians
from rnnlab.probing.look import Gates
from rnnlab.probing.lyapunov import LyapunovExponents, lyapunov_exponents
from rnnlab.probing.precision import batch_in_double, in_double, module_in_double
from rnnlab.probing.saliency import Saliency, saliency
from rnnlab.probing.sequence_axis import SequenceAxis, earlier_target_axis, input_axis
from rnnlab.probing.swapping import Swaps, swap_probe
from rnnlab.probing.time_constants import TimeConstants, time_constants
from rnnlab.recurrence.trace import Trace
from rnnlab.runs.measure import probe_batch
from rnnlab.runs.threads import set_threads

MOST_WORK = 300_000_000
"""Cubes of the state's size, summed over steps: of a large state fewer sequences are measured."""


@dataclass(frozen=True, eq=False)
class Inside:
    """What one recurrent layer does.

    Args:
        jacobians: Of its steps; None where they were not wanted.
        lyapunov: Its exponents; None where they were not wanted.
        times: How long its units remember by their gate; None where the cell says of none.
        along: Gates and states along one sequence; None where that has no step.
    """

    jacobians: StepJacobians | None
    lyapunov: LyapunovExponents | None
    times: TimeConstants | None
    along: GateTrace | None


@dataclass(frozen=True, eq=False)
class Findings:
    """What was found inside a network.

    Args:
        subject: What was looked into.
        options: How.
        batch: What was read, in float64.
        flows: What :func:`rnnlab.probing.flow.measure_flow` gave, by the name of the moment.
        moment: The one that all else is about: the best, or else the last there is.
        inside: By layer.
        gates: ``{layer: {gate: record}}``.
        memory: How the answer depends on earlier inputs; None where the input has no time axis.
        swaps: What exchanging inputs does; None where it cannot be done.
        left_out: What could not be measured, and why.
        seconds: How long each kind of measurement took.
    """

    subject: Subject
    options: Options
    batch: Batch
    flows: dict[str, Measured]
    moment: str
    inside: dict[str, Inside]
    gates: Gates
    memory: Saliency | None
    swaps: Swaps | None
    left_out: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


class _Clock:
    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - began


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let one thread decompose matrices of this size: two wait for one another."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def examine(subject: Subject, options: Options) -> Findings:
    """Measure everything, in float64 on the CPU.

    Raises:
        ConfigError: The model has no recurrent layer, the engine cannot be looked into, or there is
            no such sequence.
    """
    set_threads(subject.assembly.config, subject.assembly.model)
    clock = _Clock()
    task = subject.assembly.task
    batch = batch_in_double(probe_batch(subject.assembly, options.sequences, options.part))
    if not 0 <= options.row < len(batch):
        why = f"there are {len(batch)} sequences, counted from 0"
        raise ConfigError(why, key="--row", value=options.row)
    main = next(
        (each for each in subject.moments if each.name.startswith("best")), subject.moments[-1]
    )
    flows: dict[str, Measured] = {}
    model: Model = subject.assembly.model
    for moment in subject.moments:
        if moment.weights is not None:
            subject.assembly.model.load_state_dict(moment.weights)
        exact = module_in_double(subject.assembly.model)
        with clock.of("gradient through time"):
            flows[moment.name] = measure_flow(
                exact, task, batch, whose=options.whose, engine=options.engine
            )
        if moment is main:
            model = exact
    left_out: dict[str, str] = {}
    traces = flows[main.name].traces
    inside = {
        layer: _inside(layer, trace, model, batch, options, left_out, clock)
        for layer, trace in traces.items()
    }
    with clock.of("gates"):
        gates = gate_summary(traces)
    memory = swaps = None
    with clock.of("memory"):
        try:
            memory = saliency(model, batch, directions=10)
            swaps = swap_probe(model, batch)
        except ConfigError as error:
            left_out["memory" if memory is None else "swapped inputs"] = str(error)
    return Findings(
        subject, options, batch, flows, main.name, inside, gates, memory, swaps, left_out,
        clock.seconds,
    )  # fmt: skip


def _inside(
    layer: str,
    trace: Trace,
    model: Model,
    batch: Batch,
    options: Options,
    left_out: dict[str, str],
    clock: _Clock,
) -> Inside:
    jacobians = lyapunov = along = None
    exact = in_double(trace)
    if options.jacobians:
        try:
            with clock.of("step Jacobians"), _one_thread():
                jacobians = step_jacobians(exact, sequences=_sequences(exact))
            with clock.of("Lyapunov exponents"), _one_thread():
                lyapunov = lyapunov_exponents(
                    exact, sequences=_sequences(exact), warm_up=min(10, trace.steps // 4)
                )
        except (ConfigError, ValueError) as error:
            left_out[f"step Jacobians of {layer}"] = str(error)
    with clock.of("gates"):
        times = time_constants(trace)
        try:
            along = gate_trace(trace, options.row, _axis(layer, trace, model, batch, options.row))
        except ConfigError as error:
            left_out[f"gates of {layer} along sequence {options.row}"] = str(error)
    return Inside(jacobians, lyapunov, times, along)


def _sequences(trace: Trace) -> int:
    """Return how many sequences' Jacobians are measured."""
    size = sum(added[0, 0].numel() for added in trace.zeros)
    valid = int((trace.valid_lengths() > 0).sum())
    return max(1, min(valid, MOST_WORK // max(1, size**3 * trace.steps)))


def _axis(layer: str, trace: Trace, model: Model, batch: Batch, row: int) -> SequenceAxis | None:
    """Return what a layer read in words, if it read the input or the earlier target."""
    decodes = layer.split(".")[0] == "decoder"
    axis = (earlier_target_axis if decodes else input_axis)(model.spec, batch, row)
    return axis if axis.steps == int(trace.valid_lengths()[row]) else None
