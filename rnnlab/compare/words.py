"""A comparison in words: what is established, what is not, and what it would take."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rnnlab.compare.comparison import Comparison
from rnnlab.compare.intervals import Estimate
from rnnlab.compare.numbers import interval, number, probability
from rnnlab.compare.paired import PAIRED, SIGN, SIGNIFICANCE, WELCH, Pair
from rnnlab.compare.power import MOST


@dataclass(frozen=True)
class Passage:
    """A heading and what stands below it.

    Args:
        heading: What the lines are.
        lines: A sentence each.
    """

    heading: str
    lines: tuple[str, ...]


def passages(comparison: Comparison) -> Iterator[Passage]:
    """Give all that can be said; every pair of samples is in one of the passages."""
    yield Passage("Best", tuple(_best(comparison)))
    tested = sum(pair.p is not None for pair in comparison.pairs)
    established = [pair for pair in comparison.pairs if pair.established]
    open_ = [pair for pair in comparison.pairs if pair.p is not None and not pair.established]
    unknown = [pair for pair in comparison.pairs if pair.p is None]
    how = f"at {SIGNIFICANCE:.0%}, Holm's correction for {tested} tests"
    if tested == 1:
        how = f"at {SIGNIFICANCE:.0%}, one test"
    if established:
        lines = tuple(_established(comparison, pair) for pair in _by_p(established))
        yield Passage(f"Established ({how})", lines)
    if open_:
        lines = tuple(_open(comparison, pair) for pair in _by_p(open_))
        title = f"Not established with these {comparison.samples.replicate}s"
        yield Passage(title if established else f"{title} ({how})", lines)
    if unknown:
        lines = tuple(_unknown(comparison, pair) for pair in unknown)
        yield Passage("Cannot be compared", lines)


def _best(comparison: Comparison) -> Iterator[str]:
    metric, samples = comparison.metric, comparison.samples
    present = [sample for sample in samples.all if sample.values]
    first = present[0]
    said = "lowest" if metric.better is None else "best"
    found = first.estimate
    yield (
        f"{samples.name(first)} has the {said} mean of {metric.name}, {number(found.mean)}"
        f"{_spread(found, samples.replicate)}"
    )
    if all(len(sample.values) < 2 for sample in present):
        yield (
            f"there is one {samples.replicate} of each: no interval and no test is possible; "
            "rnnlab train -m seeds=5 trains five"
        )
    elif len(present) == 1:
        yield "there is one setting: nothing to compare it with"
    yield from _beside_baseline(comparison)


def _spread(found: Estimate, replicate: str) -> str:
    if found.low is None:
        return f" with one {replicate}, which has no interval"
    return f" {interval(found.low, found.high)} over {found.n} {replicate}s"


def _beside_baseline(comparison: Comparison) -> Iterator[str]:
    """Say which intervals lie beyond the best baseline."""
    metric = comparison.metric
    if metric.better is None or not comparison.baselines:
        return
    baseline = comparison.baselines[0]
    if not baseline.constant:
        span = f"{number(baseline.low)} to {number(baseline.high)}"
        yield f"baselines differ between settings, as their data does: {baseline.name} is {span}"
        return
    beyond: list[str] = []
    short: list[str] = []
    for sample in comparison.samples.all:
        found = sample.estimate
        if found.low is None or found.high is None:
            continue
        worst = found.high if metric.better == "lower" else found.low
        better = metric.rank(worst) < metric.rank(baseline.value)
        (beyond if better else short).append(comparison.samples.name(sample))
    name = f"the best baseline, {baseline.name} at {number(baseline.value)}"
    if not beyond and not short:
        return
    if not short:
        whole = "its interval lies" if len(beyond) == 1 else f"all {len(beyond)} intervals lie"
        yield f"{whole} beyond {name}, each taken alone"
    elif not beyond:
        yield f"no interval lies beyond {name}"
    else:
        yield (
            f"{len(beyond)} of {len(beyond) + len(short)} intervals lie beyond {name}; "
            f"those of {_few(short)} do not"
        )


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _by_p(pairs: list[Pair]) -> list[Pair]:
    return sorted(pairs, key=lambda pair: (pair.p or 0.0, pair.first, pair.second))


def _names(comparison: Comparison, pair: Pair) -> tuple[str, str]:
    """Return the names of the two, the better one first."""
    samples = comparison.samples
    names = samples.name(samples.all[pair.first]), samples.name(samples.all[pair.second])
    turned = comparison.metric.rank(pair.difference or 0.0) > 0
    return (names[1], names[0]) if turned else names


def _gap(pair: Pair) -> str:
    """Return the size of a difference with its interval."""
    if pair.difference is None:
        return ""
    low, high = pair.low, pair.high
    if pair.difference < 0 and low is not None and high is not None:
        low, high = -high, -low
    spread = f" {interval(low, high)}" if low is not None else ""
    return f"{number(abs(pair.difference))}{spread}"


def _how(comparison: Comparison, pair: Pair) -> str:
    replicates = f"{pair.n} {comparison.samples.replicate}s"
    if pair.test == PAIRED:
        return f"paired over {replicates}"
    if pair.test == SIGN:
        return f"sign test over {replicates}: {pair.why}"
    assert pair.test == WELCH
    return f"unpaired, Welch's test: {pair.why}"


def _established(comparison: Comparison, pair: Pair) -> str:
    first, second = _names(comparison, pair)
    better = comparison.metric.better
    verdict = f"better than {second}: {better} by" if better else f"lower than {second} by"
    corrected = probability(pair.adjusted or 0.0)
    return f"{first} is {verdict} {_gap(pair)}, {corrected}, {_how(comparison, pair)}"


def _open(comparison: Comparison, pair: Pair) -> str:
    first, second = _names(comparison, pair)
    corrected = probability(pair.adjusted or 0.0)
    said = f"{first} and {second}: {_gap(pair)} apart, {corrected}, {_how(comparison, pair)}"
    return f"{said}; {_needed(comparison, pair)}"


def _needed(comparison: Comparison, pair: Pair) -> str:
    if not pair.difference:
        return "no number of them shows a difference where there is none"
    replicates = f"{comparison.samples.replicate}s"
    if pair.needed is None:
        return f"more than {MOST} {replicates} would be needed"
    of_each = " of each" if pair.test == WELCH else ""
    return f"about {pair.needed} {replicates}{of_each} would be needed"


def _unknown(comparison: Comparison, pair: Pair) -> str:
    first, second = _names(comparison, pair)
    return f"{first} and {second}, {_gap(pair)} apart: {pair.why}"
