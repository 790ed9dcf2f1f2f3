r"""How far a gradient is carried through time: :math:`\|\partial L / \partial s_t\|` step by step.

Bengio, Simard & Frasconi 1994 (doi:10.1109/72.279181); Pascanu, Mikolov & Bengio 2013
(arXiv:1211.5063). Steps are counted from each row's end of reading: lag k is k steps before the
last one that was read.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

from rnnlab.data.batch import Batch, valid_steps
from rnnlab.errors import check_choice
from rnnlab.models.model import Model
from rnnlab.probing.lags import by_lag
from rnnlab.probing.last_step import of_last_step
from rnnlab.probing.undisturbed import undisturbed
from rnnlab.recurrence.trace import Trace, adjoints, traced
from rnnlab.tasks.base import Task

FALL = 1e-3
"""A gradient has vanished where its norm has fallen to this share, and exploded at the inverse."""

Whose = Literal["last", "whole"]
Verdict = Literal["vanishing", "healthy", "exploding", "none"]


@dataclass(frozen=True)
class Flow:
    """How the gradient by one tensor of one layer's state changes with the lag.

    Args:
        curve: At lag 0, 1, …: the norm for one sequence, root mean square over those sequences
            that are long enough. Of a sequence's own loss, not divided by their number.
        decay: Slope of ln(curve) in nats per step of lag, by least squares over all lags at which
            there is a gradient: negative where it vanishes. None with less than two of them.
        horizon: The first lag at which the norm has fallen to 1e-3 of what it is where it begins;
            None where that is not reached within the sequences.
        verdict: ``exploding`` where the norm reaches 1e3 times that, or is not finite;
            ``vanishing`` where there is a horizon; ``none`` where there is no gradient at all.
    """

    curve: tuple[float, ...]
    decay: float | None
    horizon: int | None
    verdict: Verdict


@dataclass(frozen=True, eq=False)
class Measured:
    """What one look at a model gave.

    Args:
        flows: ``{layer: {state: flow}}``.
        traces: What passed inside its layers.
        norms: ``{layer: {state: (B, T)}}``, float64, in the order of reading, zero in the padding.
        loss: The mean loss of the batch.
    """

    flows: dict[str, dict[str, Flow]]
    traces: dict[str, Trace]
    norms: dict[str, dict[str, Tensor]]
    loss: float


def measure_flow(
    model: Model, task: Task, batch: Batch, *, whose: Whose = "last", engine: str | None = None
) -> Measured:
    """Differentiate the loss of a batch by every state of every layer.

    Args:
        model: In any mode; it is looked at in evaluation mode.
        task: Gives the loss.
        batch: B examples with targets.
        whose: ``last`` for the loss at each row's last step, ``whole`` for all of them; the same
            where there is one target only.
        engine: What runs the layers; see :func:`rnnlab.recurrence.trace.traced`.

    Raises:
        ConfigError: The model has no recurrent layer, or the engine cannot be looked into.
    """
    check_choice("whose", whose, get_args(Whose))
    with (
        undisturbed(model),
        torch.inference_mode(False),
        torch.enable_grad(),
        traced(model, engine) as traces,
    ):
        output = model(batch)
        chosen = of_last_step(output, batch, model.spec) if whose == "last" else output
        loss = task.loss(chosen, batch)
        found = adjoints(loss.total, traces)
    norms = {
        layer: {name: row_norms(adjoint) for name, adjoint in by_name.items()}
        for layer, by_name in found.items()
    }
    flows = {
        layer: {
            name: flow_of(root_mean_squares(rows, traces[layer].valid_lengths()).tolist())
            for name, rows in by_name.items()
        }
        for layer, by_name in norms.items()
    }
    return Measured(flows, dict(traces), norms, float(loss.mean.detach()))


def row_norms(adjoint: Tensor) -> Tensor:
    """Return the Euclidean norm of each row at each step: ``(B, T, *)`` to ``(B, T)`` float64."""
    # Squares of what has nearly vanished are too small for float32.
    wide = torch.complex128 if adjoint.is_complex() else torch.float64
    flat = adjoint.detach().cpu().to(wide).reshape(*adjoint.shape[:2], -1)
    norms: Tensor = torch.linalg.vector_norm(flat, dim=-1)
    return norms


def root_mean_squares(norms: Tensor, lengths: Tensor) -> Tensor:
    """Return the root mean square over rows at each lag, ``(K,)``, K the longest row.

    Args:
        norms: ``(B, T)``, in the order of reading.
        lengths: ``(B,)`` valid steps.
    """
    lengths = lengths.to(norms.device)
    squares = by_lag(norms.square(), lengths)
    reached = valid_steps(lengths, squares.shape[1], squares)
    return (torch.where(reached, squares, 0.0).sum(0) / reached.sum(0)).sqrt()


def flow_of(curve: Sequence[float]) -> Flow:
    """Return what a curve of norms over lags says."""
    values = tuple(float(value) for value in curve)
    if any(not math.isfinite(value) for value in values):
        return Flow(values, _slope(values), _horizon(values), "exploding")
    positive = [value for value in values if value > 0]
    if not positive:
        return Flow(values, None, None, "none")
    horizon = _horizon(values)
    verdict: Verdict = "healthy"
    if max(positive) >= positive[0] / FALL:
        verdict = "exploding"
    elif horizon is not None:
        verdict = "vanishing"
    return Flow(values, _slope(values), horizon, verdict)


def _horizon(curve: Sequence[float]) -> int | None:
    start = next((lag for lag, value in enumerate(curve) if value > 0), None)
    if start is None:
        return None
    limit = FALL * curve[start]
    return next((lag for lag in range(start + 1, len(curve)) if curve[lag] <= limit), None)


def _slope(curve: Sequence[float]) -> float | None:
    points = [(lag, math.log(v)) for lag, v in enumerate(curve) if v > 0 and math.isfinite(v)]
    if len(points) < 2:
        return None
    lag_mean = math.fsum(lag for lag, _ in points) / len(points)
    log_mean = math.fsum(log for _, log in points) / len(points)
    over = math.fsum((lag - lag_mean) * (log - log_mean) for lag, log in points)
    return over / math.fsum((lag - lag_mean) ** 2 for lag, _ in points)


def flow_points(flows: Mapping[str, Mapping[str, Flow]]) -> dict[str, float]:
    """Return flows as metrics: ``gradient_flow/LAYER/STATE/decay``, ``/horizon``, ``/verdict``.

    The horizon is the number of steps where it is not reached; the verdict is -1 for vanishing, 0
    for healthy, 1 for exploding. What does not exist is left out.
    """
    numbers = {"vanishing": -1.0, "healthy": 0.0, "exploding": 1.0}
    points = {}
    for layer, by_name in flows.items():
        for name, flow in by_name.items():
            path = f"gradient_flow/{layer}/{name}"
            if flow.decay is not None:
                points[f"{path}/decay"] = flow.decay
            if flow.verdict != "none":
                reached = len(flow.curve) if flow.horizon is None else flow.horizon
                points[f"{path}/horizon"] = float(reached)
                points[f"{path}/verdict"] = numbers[flow.verdict]
    return points
