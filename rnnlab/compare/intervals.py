"""Mean, standard deviation and confidence interval of replicates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

LEVEL = 0.95
"""The confidence level of every interval."""

# Scores are computed in float32: what varies by less than its resolution does not vary.
_RESOLUTION = 1e-7


@dataclass(frozen=True)
class Estimate:
    """What is known of the mean of a population from which some values were drawn.

    Args:
        n: How many values.
        mean: Their mean; None where there are none.
        sd: Their standard deviation, n - 1 degrees of freedom; None for fewer than two.
        low: Lower end of the 95% interval of the mean; None for fewer than two.
        high: Its upper end.
    """

    n: int
    mean: float | None = None
    sd: float | None = None
    low: float | None = None
    high: float | None = None


def estimate(values: Sequence[float]) -> Estimate:
    """Return the estimate of a mean, with Student's t interval.

    The interval takes the values for independent draws of one normal distribution. Where they do
    not vary at all it is the value itself: what these values cannot tell, it does not either.
    """
    n = len(values)
    if n == 0:
        return Estimate(0)
    mean = fmean(values)
    if n == 1:
        return Estimate(1, mean)
    if not varies(values):
        return Estimate(n, mean, 0.0, mean, mean)
    from scipy import stats

    sd = stdev(values)
    low, high = stats.t.interval(LEVEL, n - 1, loc=mean, scale=sd / math.sqrt(n))
    return Estimate(n, mean, sd, float(low), float(high))


def varies(values: Sequence[float], scale: float | None = None) -> bool:
    """Return whether values differ by more than the resolution of single precision.

    Args:
        values: The values.
        scale: Size of what they were computed from; the largest of them by default.
    """
    size = max(map(abs, values)) if scale is None else scale
    return max(values) - min(values) > _RESOLUTION * size
