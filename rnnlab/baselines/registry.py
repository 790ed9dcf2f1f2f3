"""The baselines that come with rnnlab, by name; each is imported when it is asked for."""

from __future__ import annotations

from importlib import import_module

from rnnlab.baselines.base import Baseline
from rnnlab.data.spec import DataSpec
from rnnlab.errors import check_choice

# Unigram and bigram are what language modelling calls the two it shares a class with.
BASELINES = {
    "bag_of_words": "bag_of_words:BagOfWords",
    "bigram": "memoryless:Memoryless",
    "blank_then_uniform": "blank_then_uniform:BlankThenUniform",
    "letterwise": "letterwise:Letterwise",
    "logistic_regression": "logistic_regression:LogisticRegression",
    "logistic_regression_per_step": "logistic_regression_per_step:LogisticRegressionPerStep",
    "majority": "majority:Majority",
    "mean": "mean:Mean",
    "memoryless": "memoryless:Memoryless",
    "most_frequent_sequence": "most_frequent_sequence:MostFrequentSequence",
    "persistence": "persistence:Persistence",
    "seasonal_naive": "seasonal_naive:SeasonalNaive",
    "unigram": "majority:Majority",
}
"""Module and class of each baseline."""


def make_baseline(name: str) -> Baseline:
    """Return a new baseline, not fitted, that goes by this name.

    Args:
        name: A name that a dataset lists in its ``baselines``.

    Raises:
        ConfigError: There is no baseline of this name.
    """
    check_choice("baseline", name, BASELINES)
    module, _, class_name = BASELINES[name].partition(":")
    baseline: Baseline = getattr(import_module(f"rnnlab.baselines.{module}"), class_name)()
    baseline.name = name
    return baseline


def default_baselines(spec: DataSpec) -> tuple[str, ...]:
    """Return the names of what fits a kind of target, for datasets that name none themselves."""
    target = spec.target
    if target.categorical:
        if spec.next_step:
            return ("unigram", "bigram")
        free = target.sequence and not spec.aligned
        return ("most_frequent_sequence",) if free else ("majority",)
    return ("mean", "persistence") if _foretells_itself(spec) else ("mean",)


def _foretells_itself(spec: DataSpec) -> bool:
    past = spec.input
    alike = (past.size, past.scaler) == (spec.target.size, spec.target.scaler)
    return past.kind == "reals" and past.sequence and alike
