"""A logged metric of several runs over their steps."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean, stdev

from rnnlab.compare.reading import Run
from rnnlab.compare.sample import Sample
from rnnlab.errors import Refused, StorageError
from rnnlab.tracking.points import decode


@dataclass(frozen=True)
class Curve:
    """Mean and spread over replicates at each step that all of them have.

    Args:
        steps: The optimizer steps.
        means: The mean at each.
        spreads: The standard deviation at each; empty where there is one replicate.
        ended: Whether some run has points after the last of these steps, and others have not.
    """

    steps: tuple[int, ...]
    means: tuple[float, ...]
    spreads: tuple[float, ...]
    ended: bool


def curve(sample: Sample, metric: str) -> Curve | None:
    """Return the learning curve of a sample, or None where its runs share no logged step.

    A mean over other runs at each step would jump where one ends, so it goes as far as all do.
    """
    replicates = [[_points(run, metric) for run in runs] for runs in sample.runs.values()]
    runs = [points for several in replicates for points in several]
    if not runs:
        return None
    steps = sorted(set(runs[0]).intersection(*runs[1:]))
    if not steps:
        return None
    # As for the final score: first over the runs of a replicate, then over replicates.
    values = [
        [fmean(points[step] for points in several) for several in replicates] for step in steps
    ]
    return Curve(
        tuple(steps),
        tuple(map(fmean, values)),
        tuple(map(stdev, values)) if len(replicates) > 1 else (),
        any(max(points) > steps[-1] for points in runs),
    )


def _points(run: Run, metric: str) -> dict[int, float]:
    """Return the finite points of a metric by step."""
    wanted = json.dumps(metric).encode()
    found = {}
    for line in _lines(run):
        # Most lines are of other metrics, and to decode them all would take the longest.
        if wanted not in line:
            continue
        try:
            point = decode(line)
        except StorageError:
            continue
        if point.name == metric and math.isfinite(point.value):
            found[point.step] = point.value
    return found


def _lines(run: Run) -> Iterator[bytes]:
    """Give the whole lines; none where the file cannot be read: it is but for a picture."""
    try:
        with run.folder.metrics.open("rb") as file:
            yield from (line for line in file if line.endswith(b"\n"))
    except (OSError, Refused):
        return
