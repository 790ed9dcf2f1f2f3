"""How much of the spread of a score each key that was varied accounts for: fANOVA.

Hutter, Hoos & Leyton-Brown 2014 (ICML, PMLR 32:754), in Optuna's implementation: a random forest
learns the score of a setting from its keys, and the variance of what it predicts is split into a
part of each key alone and the interactions.

Optuna takes each choice of a categorical key for a number of its own between 0 and 1, which counts
the choice that differs most too often. Here the values of a key that repeat, or are no numbers, are
levels of equal weight; numbers that hardly repeat are a range, in the logarithm where they span a
decade and lie more evenly there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

from rnnlab.compare.flat import in_order, shown
from rnnlab.compare.settings import FINGERPRINT, Setting, Settings

FEWEST = 4
"""Of fewer settings a forest learns nothing."""
FEW = 10
"""Of fewer settings it learns little."""

_TREES, _DEPTH, _SEED = 32, 8, 0  # more and deeper ones take far longer and say the same
_DECADE = 10.0
_LARGEST = 1e100  # differences and logarithms of such numbers are still finite
_POOR = 0.3  # of the variance of settings that a tree has not seen


@dataclass(frozen=True)
class KeyImportance:
    """How much a key matters.

    Args:
        key: The key.
        share: Its part of what the keys account for one by one; all together are 1.
        values: How many values it has.
    """

    key: str
    share: float
    values: int


@dataclass(frozen=True)
class Importance:
    """How much each key that was varied matters for a score.

    Args:
        metric: The score.
        keys: The keys, the most important first; none where nothing can be said.
        settings: How many settings that is learnt from.
        alone: The part of the forest's variance that is due to keys one by one, at most 1: the
            rest are interactions.
        fit: How well the forest predicts settings that it has not seen: R², 1 at best.
        remarks: What else a reader must know, a line each.
    """

    metric: str
    keys: tuple[KeyImportance, ...]
    settings: int
    alone: float = 0.0
    fit: float = 0.0
    remarks: tuple[str, ...] = ()


def importance_of(settings: Settings, metric: str) -> Importance:
    """Return how much each key matters; of each setting the mean over its seeds is learnt.

    Args:
        settings: The settings.
        metric: The score, such as ``test/accuracy``.
    """
    means = [(setting, _mean(setting, metric)) for setting in settings.all]
    scored = [setting for setting, mean in means if mean is not None]
    scores = [mean for _, mean in means if mean is not None]
    keys, partly = _keys(settings, scored)
    said = []
    if partly:
        said.append(f"not every setting has it, so that it is left out: {', '.join(partly)}")
    if (why := _nothing_to_learn(keys, scores)) is not None:
        return Importance(metric, (), len(scores), remarks=(why, *said))
    columns = {key: _column([setting.keys[key] for setting in scored]) for key in keys}
    parts, fit = _analysed(columns, scores)
    alone = sum(parts.values())
    found = [
        # Of no key alone: then none matters more than another.
        KeyImportance(
            key, part / alone if alone else 1 / len(keys), len({s.shown(key) for s in scored})
        )
        for key, part in parts.items()
    ]
    found.sort(key=lambda each: -each.share)
    said = [*_doubts(len(scores), len(keys), fit), *said]
    return Importance(metric, tuple(found), len(scores), alone, fit, tuple(said))


def _mean(setting: Setting, metric: str) -> float | None:
    values = [value for run in setting.runs.values() if (value := run.value(metric)) is not None]
    return fmean(values) if values else None


def _keys(settings: Settings, scored: Sequence[Setting]) -> tuple[list[str], list[str]]:
    """Return the keys that these settings vary, and those of them that not all settings have."""
    varied = [
        key
        for key in settings.axes
        if key != FINGERPRINT and len({setting.shown(key) for setting in scored}) > 1
    ]
    partly = [key for key in varied if not all(key in setting.keys for setting in scored)]
    return [key for key in varied if key not in partly], partly


def _nothing_to_learn(keys: Sequence[str], scores: Sequence[float]) -> str | None:
    count = "setting" if len(scores) == 1 else "settings"
    if not keys:
        return "no key was varied by itself: there is nothing that could matter"
    if len(scores) < FEWEST:
        return f"{len(scores)} {count} with a score are too few to say which key matters"
    if min(scores) == max(scores):
        return f"all {len(scores)} {count} have the same score: no key matters"
    return None


def _doubts(settings: int, keys: int, fit: float) -> Iterator[str]:
    if settings < FEW:
        yield f"{settings} settings are few: with {FEW} or more these shares mean something"
    if keys == 1:
        yield "one key was varied, so that all of it is due to that"
    if fit < _POOR:
        yield (
            f"the keys predict little of settings that were not seen (R² {fit:.2f}): these shares "
            "are mostly chance"
        )


@dataclass(frozen=True)
class _Column:
    values: Sequence[float]
    low: float
    high: float


def _column(values: Sequence[Any]) -> _Column:
    """Return the values of a key as numbers, and the range over which they are averaged."""
    texts = [shown(value) for value in values]
    levels = in_order(set(texts))
    if all(map(_is_number, values)) and len(levels) > len(values) / 2:
        numbers = [float(value) for value in values]
        if _is_logarithmic(numbers):
            numbers = [math.log(each) for each in numbers]
        return _Column(numbers, min(numbers), max(numbers))
    places = {text: float(place) for place, text in enumerate(levels)}
    return _Column([places[text] for text in texts], -0.5, len(levels) - 0.5)


def _is_logarithmic(numbers: Sequence[float]) -> bool:
    low, middle, high = min(numbers), median(numbers), max(numbers)
    if low <= 0 or high / low < _DECADE:
        return False
    # Numbers at random between 0 and 1 span decades, too.
    straight = (middle - low) / (high - low)
    bent = math.log(middle / low) / math.log(high / low)
    return abs(bent - 0.5) < abs(straight - 0.5)


def _is_number(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and abs(value) < _LARGEST


def _analysed(
    columns: dict[str, _Column], scores: Sequence[float]
) -> tuple[dict[str, float], float]:
    """Return the part of the variance that is due to each key alone, and how well it is known."""
    import optuna
    from optuna.distributions import BaseDistribution, FloatDistribution
    from optuna.importance import FanovaImportanceEvaluator
    from optuna.trial import create_trial

    names = list(columns)
    ranges: dict[str, BaseDistribution] = {
        name: FloatDistribution(columns[name].low, columns[name].high) for name in names
    }
    rows = list(zip(*(columns[name].values for name in names), strict=True))
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)  # a study in memory is no news
    try:
        study = optuna.create_study()
        study.add_trials(
            create_trial(
                params=dict(zip(names, row, strict=True)), distributions=ranges, value=score
            )
            for row, score in zip(rows, scores, strict=True)
        )
        forest = FanovaImportanceEvaluator(n_trees=_TREES, max_depth=_DEPTH, seed=_SEED)
        found = forest.evaluate(study)
    finally:
        optuna.logging.set_verbosity(before)
    return {name: float(found[name]) for name in names}, _fit(rows, scores)


def _fit(rows: Sequence[tuple[float, ...]], scores: Sequence[float]) -> float:
    """Return how well such a forest predicts the settings that each of its trees has not seen."""
    from sklearn.ensemble import RandomForestRegressor

    forest = RandomForestRegressor(
        n_estimators=_TREES, max_depth=_DEPTH, random_state=_SEED, oob_score=True
    )
    forest.fit(rows, scores)
    return float(forest.oob_score_)
