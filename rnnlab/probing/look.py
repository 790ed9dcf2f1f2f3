"""One look inside a network, as plain values: a line of ``diagnostics/flow.jsonl``."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rnnlab.errors import StorageError
from rnnlab.expected import NUMBER, mismatch
from rnnlab.probing.flow import Flow, Measured, Whose, flow_of
from rnnlab.probing.gate_statistics import gate_summary

Gates = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""``{layer: {gate: {"low", "high", "counts", "mean", "below", "above"}}}``; see
:func:`rnnlab.probing.gate_statistics.gate_summary`."""

_LOOK = {
    "epoch": int,
    "step": int,
    "seconds": NUMBER,
    "loss": str,
    "layers": {...: {...: {"curve": list, ...: object}}},
    ...: object,
}


@dataclass(frozen=True)
class Look:
    """What was seen at one moment of a training.

    Args:
        epoch: How many epochs it had trained; 0 before the first.
        step: How many optimizer steps.
        seconds: How long the look took.
        whose: Which steps' loss was differentiated, ``last`` or ``whole``.
        flows: ``{layer: {state: flow}}``.
        gates: How the values of each gate were distributed.
    """

    epoch: int
    step: int
    seconds: float
    whose: Whose
    flows: Mapping[str, Mapping[str, Flow]]
    gates: Gates = field(default_factory=dict)


def look_of(measured: Measured, epoch: int, step: int, whose: Whose) -> Look:
    """Return what was measured as a look that took no time."""
    return Look(epoch, step, 0.0, whose, measured.flows, gate_summary(measured.traces))


def encode(look: Look) -> str:
    """Return a look as one line of JSON, which has neither NaN nor infinity: they become null."""
    layers = {
        layer: {
            name: {
                "curve": [_finite(value) for value in flow.curve],
                "decay": _finite(flow.decay),
                "horizon": flow.horizon,
                "verdict": flow.verdict,
            }
            for name, flow in by_name.items()
        }
        for layer, by_name in look.flows.items()
    }
    plain = {
        "epoch": look.epoch,
        "step": look.step,
        "seconds": look.seconds,
        "loss": look.whose,
        "layers": layers,
        "gates": look.gates,
    }
    return json.dumps(plain) + "\n"


def decode(line: str | bytes) -> Look:
    """Return the look of a line.

    Raises:
        StorageError: It is none.
    """
    try:
        plain = json.loads(line)
        why = mismatch(plain, _LOOK)
        if why is not None:
            raise StorageError(f"is no look inside a network: {why}")
        flows = {
            layer: {
                name: flow_of([math.nan if value is None else value for value in flow["curve"]])
                for name, flow in by_name.items()
            }
            for layer, by_name in plain["layers"].items()
        }
    except (ValueError, TypeError, KeyError) as error:
        raise StorageError(f"is no look inside a network: {error}") from error
    epoch, step, seconds, whose = (plain[key] for key in ("epoch", "step", "seconds", "loss"))
    return Look(epoch, step, seconds, whose, flows, plain.get("gates", {}))


def append_look(path: Path, look: Look) -> None:
    """Write a look after those that are there; the folder is made.

    Raises:
        StorageError: The disk refused.
    """
    try:
        path.parent.mkdir(exist_ok=True)
        with path.open("ab") as file:
            # A torn line of a process that was killed must not swallow this one.
            torn = file.tell() > 0 and path.read_bytes()[-1:] != b"\n"
            file.write((b"\n" if torn else b"") + encode(look).encode())
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror}") from error


def read_looks(path: Path) -> list[Look]:
    """Return the looks of a file by epoch, the later written of two; none where there is no file.

    Lines that were torn by a crash are left out.

    Raises:
        StorageError: The file cannot be read.
    """
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StorageError(f"cannot read {path}: {error.strerror}") from error
    found = {}
    for line in lines:
        try:
            look = decode(line)
        except StorageError:
            continue
        found[look.epoch] = look
    return [found[epoch] for epoch in sorted(found)]


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
