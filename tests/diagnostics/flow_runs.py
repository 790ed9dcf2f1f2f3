"""Run folders with looks inside the network, as training leaves them, without training."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rnnlab.probing.flow import flow_of
from rnnlab.probing.look import Look, append_look
from rnnlab.runs.folder import RunFolder
from tests.compare.conftest import make

LAYER = "backbone.recurrent.layers.0"


def falling(horizon: float, steps: int) -> list[float]:
    """Return a norm that has fallen by 1e-3 after exactly so many steps, and just before not."""
    rate = math.log(1e-3) / horizon * (1 + 1e-9)
    return [math.exp(rate * lag) for lag in range(steps)]


def look(epoch: int, **curves: Sequence[float]) -> Look:
    """Return a look at one layer, a curve for each state."""
    flows = {name: flow_of(curve) for name, curve in curves.items()}
    return Look(epoch, 10 * epoch, 0.01, "last", {LAYER: flows})


def make_flow(
    path: Path,
    seed: int,
    score: float | None,
    looks: Sequence[Look] | None = None,
    *,
    horizon: float | None = None,
    start: float = 8,
    steps: int = 100,
    **more: Any,
) -> RunFolder:
    """Write a run folder with its looks.

    Args:
        path: The folder.
        seed: The run's.
        score: Its test accuracy.
        looks: What was seen; None for a state ``h`` that falls as told.
        horizon: After training.
        start: The horizon before training.
        steps: T; also ``dataset.steps``.
        more: What :func:`tests.compare.conftest.make` takes, keys of the config among it.
    """
    folder = make(path, seed, score, dataset__steps=steps, **more)
    if looks is None and horizon is not None:
        looks = [look(0, h=falling(start, steps)), look(5, h=falling(horizon, steps))]
    for each in looks or ():
        append_look(folder.looks, each)
    return folder


def make_sweep(
    place: Path, settings: Mapping[str, tuple[dict[str, Any], Sequence[tuple[float, float]]]]
) -> Path:
    """Write a run for each setting and seed.

    Args:
        place: The folder of all runs.
        settings: By any name: keys, and horizon and score of each seed.
    """
    for name, (keys, values) in settings.items():
        for seed, (horizon, score) in enumerate(values):
            make_flow(place / f"{name}-{seed}", seed, score, horizon=horizon, **keys)
    return place
