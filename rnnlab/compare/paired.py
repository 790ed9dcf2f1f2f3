"""Which samples differ: a test for each pair of them, corrected for how many there are."""

from __future__ import annotations

import math
import warnings
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from statistics import fmean, stdev

from rnnlab.compare.holm import holm
from rnnlab.compare.intervals import LEVEL, varies
from rnnlab.compare.power import pairs_needed
from rnnlab.compare.sample import Replicate, Sample

SIGNIFICANCE = 0.05

PAIRED, SIGN, WELCH = "paired t", "sign", "Welch"


@dataclass(frozen=True)
class Pair:
    """Two samples, compared.

    Args:
        first: Index of the one.
        second: Index of the other.
        n: How many replicates they share; of Welch's test, the smaller number of replicates.
        difference: Mean of the first less that of the second, over what was tested.
        low: Lower end of its 95% interval, not corrected; None where there is none.
        high: Its upper end.
        test: Which test; empty where they cannot be compared.
        p: The p-value; None where they cannot be compared.
        adjusted: The p-value corrected over all pairs.
        sd: Standard deviation of the difference of a pair.
        needed: How many replicates would probably be enough, where the difference is not
            established; None where they are more than 1000, or it cannot be told.
        why: Why it was not tested by pairs, or not at all.
    """

    first: int
    second: int
    n: int
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    test: str = ""
    p: float | None = None
    adjusted: float | None = None
    sd: float | None = None
    needed: int | None = None
    why: str = ""

    @property
    def established(self) -> bool:
        """Whether the difference is there at the 5% level, corrected over all pairs."""
        return self.adjusted is not None and self.adjusted <= SIGNIFICANCE


def compare_all(samples: Sequence[Sample]) -> list[Pair]:
    """Return every pair of samples that have values, compared.

    - Two or more shared replicates: Student's t-test of the differences. Seeds share the order of
      examples, so pairs vary less than samples do; replicates without a partner do not take part.
    - Differences that are the same on every shared replicate: the exact sign test, since there is
      no variation that a t-test could go by; all zero: there is no difference, p is 1.
    - Fewer than two shared, but two of each: Welch's t-test. Different seeds are independent draws,
      so it is valid, if weaker; a single shared one cannot make it err more often.
    - Else they cannot be compared: one value has no spread.

    All p-values together are corrected by Holm's method.
    """
    present = [index for index, sample in enumerate(samples) if sample.values]
    return compare_pairs(samples, list(combinations(present, 2)))


def compare_pairs(samples: Sequence[Sample], places: Sequence[tuple[int, int]]) -> list[Pair]:
    """Return some pairs of samples, compared as by :func:`compare_all`.

    Args:
        samples: All samples.
        places: The indices of each pair; both samples have values.
    """
    pairs = _tested(samples, places)
    counted = [index for index, pair in enumerate(pairs) if pair.p is not None]
    adjusted = holm([pairs[index].p or 0.0 for index in counted])
    for index, value in zip(counted, adjusted, strict=True):
        pairs[index] = replace(pairs[index], adjusted=value)
    open_ = [index for index in counted if not pairs[index].established]
    # The level of the first of those that are open: enough in whatever order they come.
    needed = _needed([pairs[index] for index in open_], SIGNIFICANCE / max(len(open_), 1))
    for index, number in zip(open_, needed, strict=True):
        pairs[index] = replace(pairs[index], needed=number)
    return pairs


def _tested(samples: Sequence[Sample], places: Sequence[tuple[int, int]]) -> list[Pair]:
    found: dict[tuple[int, int], Pair] = {}
    by_size: dict[int, list[tuple[tuple[int, int], list[float]]]] = defaultdict(list)
    for place in places:
        first, second = (samples[index].values for index in place)
        shared = [key for key in first if key in second]
        differences = [first[key] - second[key] for key in shared]
        if len(shared) < 2:
            found[place] = _unpaired(place, first, second, len(shared))
        elif not varies(differences, size := _size(first, second, shared)):
            found[place] = _constant(place, differences, varies([*differences, 0.0], size))
        else:
            by_size[len(shared)].append((place, differences))
    for n, several in by_size.items():
        found.update(_paired(n, several))
    return [found[place] for place in places]


def _size(
    first: Mapping[Replicate, float], second: Mapping[Replicate, float], shared: Sequence[Replicate]
) -> float:
    return max(abs(sample[key]) for sample in (first, second) for key in shared)


def _paired(
    n: int, several: Sequence[tuple[tuple[int, int], list[float]]]
) -> dict[tuple[int, int], Pair]:
    """Test all pairs with n shared replicates at once: there may be many thousand."""
    import numpy as np
    from scipy import stats

    rows = np.array([differences for _, differences in several])
    result = stats.ttest_1samp(rows, 0.0, axis=1)
    interval = result.confidence_interval(LEVEL)
    return {
        place: Pair(
            *place,
            n,
            fmean(differences),
            float(interval.low[index]),
            float(interval.high[index]),
            PAIRED,
            float(result.pvalue[index]),
            sd=stdev(differences),
        )
        for index, (place, differences) in enumerate(several)
    }


def _constant(place: tuple[int, int], differences: Sequence[float], differs: bool) -> Pair:
    from scipy import stats

    n, mean = len(differences), fmean(differences)
    if not differs:
        return Pair(*place, n, 0.0, 0.0, 0.0, SIGN, 1.0, sd=0.0, why="equal on all of them")
    p = float(stats.binomtest(n, n, 0.5).pvalue)
    why = "the same difference on all of them, so by their number alone"
    return Pair(*place, n, mean, test=SIGN, p=p, sd=0.0, why=why)


def _unpaired(
    place: tuple[int, int],
    first: Mapping[Replicate, float],
    second: Mapping[Replicate, float],
    shared: int,
) -> Pair:
    from scipy import stats

    one, other = list(first.values()), list(second.values())
    n = min(len(one), len(other))
    difference = fmean(one) - fmean(other)
    few = "no replicate is shared" if shared == 0 else "one replicate is shared"
    if n < 2:
        why = "there is one value of it" if len(one) > 1 or len(other) > 1 else "one value of each"
        return Pair(*place, n, difference, why=f"{few}, and {why}")
    if not varies(one) and not varies(other):
        return Pair(*place, n, difference, why=f"{few}, and neither varies")
    with warnings.catch_warnings():
        # One of the two may not vary at all, which is exact here and no loss.
        warnings.filterwarnings("ignore", "Precision loss", RuntimeWarning)
        result = stats.ttest_ind(one, other, equal_var=False)
    interval = result.confidence_interval(LEVEL)
    return Pair(
        *place,
        n,
        difference,
        float(interval.low),
        float(interval.high),
        WELCH,
        float(result.pvalue),
        sd=math.hypot(stdev(one), stdev(other)),
        why=few,
    )


def _needed(pairs: Sequence[Pair], level: float) -> list[int | None]:
    """Return how many replicates each pair would need; None where they are too many."""
    tested = [place for place, pair in enumerate(pairs) if pair.test != SIGN]
    effects = [(pairs[place].difference or 0.0) / (pairs[place].sd or 1.0) for place in tested]
    found: list[int | None] = [None] * len(pairs)
    for place, number in zip(tested, pairs_needed(effects, level), strict=True):
        # Welch's test has more freedom than pairs have: then the estimate may be too low.
        found[place] = None if number is None else max(number, pairs[place].n + 1)
    for place, pair in enumerate(pairs):
        if pair.test == SIGN and pair.difference:
            # So often would it have to show the same sign that 2^(1-n) is the level.
            found[place] = math.ceil(1 - math.log2(level))
    return found
