"""From what was found inside a network to the sections of its report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rnnlab.diagnostics.examine import Findings
from rnnlab.diagnostics.section import Section
from rnnlab.diagnostics.sections.dynamics import dynamics_section
from rnnlab.diagnostics.sections.gates import gates_section
from rnnlab.diagnostics.sections.gradient import gradient_section
from rnnlab.diagnostics.sections.memory import memory_section
from rnnlab.diagnostics.sections.unrolled import network_of, unrolled_section
from rnnlab.recurrence.trace import Trace


def facts(findings: Findings) -> list[tuple[str, str]]:
    """Return what was looked into and how, as names and values."""
    assembly, options = findings.subject.assembly, findings.options
    choices = assembly.config.choices
    parameters = sum(weight.numel() for weight in assembly.model.parameters())
    measured = findings.flows[findings.moment]
    loss = "of the last step" if options.whose == "last" else "of all steps"
    engines = sorted({trace.engine for trace in measured.traces.values()})
    count = len(findings.batch)
    part = f"{count} {'sequence' if count == 1 else 'sequences'} of the {options.part} part"
    cut = assembly.config.trainer.truncate_steps
    whole = f"of whole sequences; training cuts it every {cut} steps"
    return [
        ("cell", str(choices.cell)),
        ("dataset", str(choices.dataset)),
        ("task", str(choices.task)),
        ("parameters", f"{parameters:,}"),
        ("looked at", f"{part}, {_lengths(measured.traces)}"),
        ("loss", f"{measured.loss:.4g}, differentiated: that {loss}"),
        *([("gradient", whole)] if cut is not None else []),
        ("weights", _moments(findings)),
        ("computed", f"in float64 by engine {' and '.join(engines)}"),
        ("took", ", ".join(f"{what} {s:.2g} s" for what, s in findings.seconds.items())),
        *((what, f"left out: {why}") for what, why in findings.left_out.items()),
    ]


def sections(findings: Findings) -> Iterator[Section]:
    """Give the sections of the report; drawing them takes the longest."""
    subject, options = findings.subject, findings.options
    config = subject.assembly.config
    network = network_of(
        subject.assembly.model,
        findings.batch,
        str(config.choices.cell),
        config.trainer.truncate_steps,
    )
    if network is not None:
        yield unrolled_section(network)
    flows = {name: measured.flows for name, measured in findings.flows.items()}
    yield gradient_section(flows, subject.looks, options.whose)
    traces = findings.flows[findings.moment].traces
    inside = findings.inside
    looks = [(float(look.epoch), look.gates) for look in subject.looks if look.gates]
    along = {layer: each.along for layer, each in inside.items() if each.along is not None}
    if findings.gates or along:
        yield gates_section(
            looks or [(0.0, findings.gates)],
            {layer: each.times for layer, each in inside.items() if each.times is not None},
            along,
            {layer: trace.cell for layer, trace in traces.items()},
            length=float(max(trace.steps for trace in traces.values())),
        )
    jacobians = {layer: e.jacobians for layer, e in inside.items() if e.jacobians is not None}
    if jacobians:
        exponents = {layer: e.lyapunov for layer, e in inside.items() if e.lyapunov is not None}
        yield dynamics_section(jacobians, exponents)
    if findings.memory is not None:
        swaps = None if findings.swaps is None else {findings.moment: findings.swaps}
        yield memory_section({findings.moment: findings.memory}, swaps)


def _moments(findings: Findings) -> str:
    named = "; ".join(findings.flows)
    return (
        named if len(findings.flows) == 1 else f"{named}. All but the gradient: {findings.moment}"
    )


def _lengths(traces: Mapping[str, Trace]) -> str:
    lengths = next(iter(traces.values())).valid_lengths()
    least, most = int(lengths.min()), int(lengths.max())
    return f"{most} steps" if least == most else f"{least} to {most} steps"
