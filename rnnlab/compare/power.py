"""How many pairs a paired t-test needs to find a difference."""

from __future__ import annotations

import math

MOST = 1000
"""More are not counted: nobody trains them."""
POWER = 0.8


def power(n: int, effect: float, level: float) -> float:
    """Return how often a paired two-sided t-test finds a difference.

    Args:
        n: Number of pairs, at least 2.
        effect: The true mean difference over the standard deviation of the differences.
        level: The level of the test.
    """
    from scipy import stats

    freedom, shift = n - 1, abs(effect) * math.sqrt(n)
    least = stats.t.isf(level / 2, freedom)
    return float(stats.nct.sf(least, freedom, shift) + stats.nct.cdf(-least, freedom, shift))


def pairs_needed(difference: float, sd: float, level: float) -> int | None:
    """Return the fewest pairs with power 0.8, or None where they are more than 1000.

    Args:
        difference: The difference to find, as it was observed; the true one may be another.
        sd: Standard deviation of the differences, above 0.
        level: The level of the test, corrected for how many there are.
    """
    effect = difference / sd
    if power(MOST, effect, level) < POWER:
        return None
    low, high = 1, MOST  # power grows with n: too few, enough
    while high - low > 1:
        middle = (low + high) // 2
        if power(middle, effect, level) < POWER:
            low = middle
        else:
            high = middle
    return high
