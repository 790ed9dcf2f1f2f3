"""How far the gradient is carried through time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from rnnlab.compare.plots.picture import Picture
from rnnlab.diagnostics.layer_names import layer_name
from rnnlab.diagnostics.plain_numbers import plain_numbers
from rnnlab.diagnostics.plots.flow_heatmap import FlowHistory, draw_flow_heatmap
from rnnlab.diagnostics.plots.norm_curves import NormCurve, NormPanel, draw_norm_curves
from rnnlab.diagnostics.section import Section, Table, picture
from rnnlab.probing.flow import Flow, Whose
from rnnlab.probing.look import Look

Flows = Mapping[str, Mapping[str, Flow]]
"""``{layer: {state: flow}}``."""

_MEANING = (
    "The norm of the gradient of the loss by a state, k steps before the last one that was read "
    "(lag k), root mean square over sequences. What a network learns from an input k steps back "
    "passes through it: where it has fallen to a thousandth, the network learns next to nothing "
    "from there; where it grows, steps of the optimizer are ruled by the distant past."
)
_WHOSE = {
    "last": "The loss is that of each sequence's last step alone.",
    "whole": (
        "The loss is that of all steps: a state is mostly felt by the steps right after it, so "
        "that a curve falls less than a gradient that is carried."
    ),
}
_MEMORY = (
    "Of a cell with a memory c beside h, as an LSTM, the gradient by c at a step is what comes "
    "back from later steps: it leaves out the path through h of the same step, and is zero at the "
    "last one."
)


def gradient_section(
    moments: Mapping[str, Flows], looks: Sequence[Look] = (), whose: Whose = "last"
) -> Section:
    """Return what the gradient does, at moments of a training and while it went on.

    Args:
        moments: Flows by the name of a moment, such as ``untrained``, ``best``, ``last``. Findings
            are of the last one.
        looks: What was seen while training, by epoch.
        whose: Which steps' loss was differentiated.
    """
    words = [_MEANING, _WHOSE[whose]]
    known = [*moments.values(), *(look.flows for look in looks)]
    if any({"h", "c"} <= set(by_name) for flows in known for by_name in flows.values()):
        words.append(_MEMORY)
    at = next(reversed(list(moments)), None)
    return Section(
        name="gradient_flow",
        heading="The gradient through time",
        words=tuple(words),
        findings=tuple(_findings(moments[at])) if at is not None else (),
        tables=(_table(moments),) if moments else (),
        pictures=_pictures(moments, looks),
        numbers=plain_numbers({"loss": whose, "moments": moments, "looks": list(looks)}),
    )


def _pictures(moments: Mapping[str, Flows], looks: Sequence[Look]) -> tuple[Picture, ...]:
    drawn: tuple[Picture, ...] = ()
    if len(looks) > 1:
        title = "While training: epochs upwards, time into the past"
        drawn += picture("gradient_heatmap", title, draw_flow_heatmap, histories(looks))
    if moments:
        at, flows = list(moments.items())[-1]
        curves = [
            _curve(f"{layer_name(layer)}, {state}", flow)
            for layer, by_name in flows.items()
            for state, flow in by_name.items()
        ]
        panels = [NormPanel(at, curves)]
        title = f"All layers and states: {at}"
        drawn += picture("gradient_curves", title, draw_norm_curves, panels)
    if len(moments) > 1:
        title = f"Each layer and state: {', '.join(moments)}"
        drawn += picture("gradient_moments", title, draw_norm_curves, _by_state(moments))
    return drawn


def histories(looks: Sequence[Look]) -> list[FlowHistory]:
    """Return each state's gradient over training, in the order in which layers run."""
    states = dict.fromkeys(
        (layer, state) for look in looks for layer, flows in look.flows.items() for state in flows
    )
    found = []
    for layer, state in states:
        seen = [
            (look.epoch, flow)
            for look in looks
            if (flow := look.flows.get(layer, {}).get(state)) is not None
        ]
        epochs, flows = [epoch for epoch, _ in seen], [flow for _, flow in seen]
        found.append(
            FlowHistory(
                f"{layer_name(layer)}, {state}",
                epochs,
                [flow.curve for flow in flows],
                [flow.horizon for flow in flows],
            )
        )
    return found


def _by_state(moments: Mapping[str, Flows]) -> list[NormPanel]:
    states = dict.fromkeys(
        (layer, state)
        for flows in moments.values()
        for layer, by_name in flows.items()
        for state in by_name
    )
    return [
        NormPanel(
            f"{layer_name(layer)}, {state}",
            [
                _curve(moment, flow)
                for moment, flows in moments.items()
                if (flow := flows.get(layer, {}).get(state)) is not None
            ],
        )
        for layer, state in states
    ]


def _curve(name: str, flow: Flow) -> NormCurve:
    return NormCurve(name, flow.curve, flow.decay, flow.horizon)


def _table(moments: Mapping[str, Flows]) -> Table:
    rows = []
    for moment, flows in moments.items():
        for layer, by_name in flows.items():
            for state, flow in by_name.items():
                rows.append(
                    (
                        layer_name(layer),
                        state,
                        moment,
                        flow.verdict,
                        _factor(flow),
                        "–" if flow.decay is None else f"{flow.decay:.4g}",
                        _horizon(flow),
                    )
                )
    head = ("layer", "state", "when", "verdict", "times a step", "decay (nats / step)",
            "horizon (steps)")  # fmt: skip
    return Table(head, tuple(rows), labels=4)


def _horizon(flow: Flow) -> str:
    if flow.horizon is not None:
        return str(flow.horizon)
    return "–" if flow.verdict == "none" else f"≥ {len(flow.curve)}"


def _factor(flow: Flow) -> str:
    if flow.decay is None or not math.isfinite(flow.decay):
        return "–"
    return f"{math.exp(min(flow.decay, 700.0)):.3g}"


def _findings(flows: Flows) -> list[str]:
    return [
        f"{layer_name(layer)}, {state}: {_verdict(flow)}"
        for layer, by_name in flows.items()
        for state, flow in by_name.items()
    ]


def _verdict(flow: Flow) -> str:
    """Return what a flow says, in a sentence."""
    steps = len(flow.curve)
    rate = "" if flow.decay is None else f", times {_factor(flow)} a step"
    if flow.verdict == "none":
        return "there is no gradient: the loss does not depend on it"
    if any(not math.isfinite(value) for value in flow.curve):
        return "the gradient explodes: it is not finite everywhere"
    if flow.verdict == "exploding":
        return f"the gradient explodes on its way back: more than a thousandfold{rate}"
    if flow.verdict == "vanishing":
        return (
            f"the gradient vanishes: a thousandth is left {flow.horizon} of {steps - 1} steps "
            f"back{rate}"
        )
    far = "the one step there is" if steps == 1 else f"all {steps} steps"
    return f"the gradient is carried over {far}{rate}"
