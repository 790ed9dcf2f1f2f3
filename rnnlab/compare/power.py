"""How many pairs a paired t-test needs to find a difference."""

from __future__ import annotations

from collections.abc import Sequence

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
    return _powers([n], [effect], level)[0]


def pairs_needed(effects: Sequence[float], level: float) -> list[int | None]:
    """Return for each effect the fewest pairs with power 0.8; None where they are more than 1000.

    Args:
        effects: The differences to find, as they were observed (the true ones may be others), over
            the standard deviation of the differences.
        level: The level of the tests, corrected for how many there are.
    """
    # Power grows with n. Of each effect: too few pairs, and enough.
    low, high = [1] * len(effects), [MOST] * len(effects)
    while any(high[place] - low[place] > 1 for place in range(len(effects))):
        middle = [max(2, (few + many) // 2) for few, many in zip(low, high, strict=True)]
        for place, found in enumerate(_powers(middle, effects, level)):
            if found < POWER:
                low[place] = middle[place]
            else:
                high[place] = middle[place]
    return [
        None if many == MOST and power(MOST, effect, level) < POWER else many
        for many, effect in zip(high, effects, strict=True)
    ]


def _powers(sizes: Sequence[int], effects: Sequence[float], level: float) -> list[float]:
    import numpy as np
    from scipy import stats

    counts = np.asarray(sizes)
    freedom, shift = counts - 1, np.abs(effects) * np.sqrt(counts)
    least = stats.t.isf(level / 2, freedom)
    right = stats.nct.sf(least, freedom, shift)
    # Of the wrong sign: less often than a normal variable is below -shift. Where that is next to
    # never, scipy may say NaN.
    wrong = np.nan_to_num(stats.nct.cdf(-least, freedom, shift), nan=0.0)
    found: list[float] = (right + wrong).tolist()
    return found
