"""Which settings are best: by one objective, or a front of those that no other one beats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rnnlab.sweeps.combinations import Combination
from rnnlab.sweeps.objectives import Objective


@dataclass(frozen=True)
class Scored:
    """A setting and what came of it.

    Args:
        setting: What makes its runs.
        fingerprint: Of the setting.
        values: Of each objective, the mean over its runs.
    """

    setting: Combination
    fingerprint: str
    values: tuple[float, ...]


def ranked(settings: Sequence[Scored], objectives: Sequence[Objective]) -> list[Scored]:
    """Return the settings worth a look, each once.

    Of one objective all, from best to worst. Of several the Pareto front, from the best by the
    first objective on: the settings to which no other one is better in one and as good in all.
    """
    each = list({scored.fingerprint: scored for scored in settings}.values())
    costs = {scored.fingerprint: _costs(scored, objectives) for scored in each}
    if len(objectives) > 1:
        each = [
            scored
            for scored in each
            if not any(_beats(other, costs[scored.fingerprint]) for other in costs.values())
        ]
    return sorted(each, key=lambda scored: costs[scored.fingerprint])


def best(settings: Sequence[Scored], objectives: Sequence[Objective], count: int) -> list[Scored]:
    """Return some of the best settings; of a front ones that lie apart, both ends among them."""
    found = ranked(settings, objectives)
    if len(objectives) == 1 or len(found) <= count:
        return found[:count]
    if count == 1:
        return found[:1]
    step = (len(found) - 1) / (count - 1)
    return [found[round(place * step)] for place in range(count)]


def _costs(scored: Scored, objectives: Sequence[Objective]) -> tuple[float, ...]:
    pairs = zip(objectives, scored.values, strict=True)
    return tuple(objective.cost(value) for objective, value in pairs)


def _beats(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))
