"""Every pair of samples as rows of text."""

from __future__ import annotations

from rnnlab.compare.comparison import Comparison
from rnnlab.compare.numbers import interval, number
from rnnlab.compare.paired import Pair
from rnnlab.compare.power import MOST

HEAD = ("first", "second", "difference", "95% interval", "test", "n", "p", "p (Holm)", "needed")


def pair_rows(comparison: Comparison) -> list[tuple[str, ...]]:
    """Return the cells of each pair under :data:`HEAD`; the difference is first less second."""
    samples = comparison.samples
    return [
        (
            samples.name(samples.all[pair.first]),
            samples.name(samples.all[pair.second]),
            number(pair.difference),
            interval(pair.low, pair.high),
            pair.test or f"none: {pair.why}",
            str(pair.n),
            "–" if pair.p is None else f"{pair.p:.2g}",
            "–" if pair.adjusted is None else f"{pair.adjusted:.2g}",
            _needed(pair),
        )
        for pair in comparison.pairs
    ]


def _needed(pair: Pair) -> str:
    if pair.p is None or not pair.difference:
        return "–"
    if pair.established:
        return "established"
    return f"> {MOST}" if pair.needed is None else f"about {pair.needed}"
