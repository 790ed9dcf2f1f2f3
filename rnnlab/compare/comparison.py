"""Everything that is known of some runs by one metric."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from pathlib import Path
from statistics import fmean

from rnnlab.compare.finding import find_runs
from rnnlab.compare.grouped import by_keys
from rnnlab.compare.importance import Importance, importance_of
from rnnlab.compare.metric import Metric, choose_metric
from rnnlab.compare.paired import Pair, compare_all
from rnnlab.compare.reading import Run, read_run
from rnnlab.compare.remarks import remarks
from rnnlab.compare.sample import Sample, Samples, by_setting
from rnnlab.compare.settings import Settings, group
from rnnlab.errors import ConfigError, Refused, StorageError
from rnnlab.runs.folder import Status
from rnnlab.runs.sweep_paths import is_trial

MOST_TESTED = 300
"""Of more settings no pair is tested: after the correction next to nothing would be left."""


@dataclass(frozen=True)
class Baseline:
    """The score of a naive baseline.

    Args:
        name: Its name.
        value: Its score, the mean over the settings.
        low: The lowest of any setting: it depends on the data alone, which settings may vary.
        high: The highest.
    """

    name: str
    value: float
    low: float
    high: float

    @property
    def constant(self) -> bool:
        """Whether it is the same for all settings."""
        return self.low == self.high


@dataclass(frozen=True)
class Comparison:
    """Everything that is known of some runs by one metric.

    Args:
        metric: What they are compared by.
        samples: What is compared, best mean first, what has no value last.
        pairs: Every two samples that have values; none where there are too many.
        baselines: The naive scores, best first.
        remarks: What was left out or is to be known, a line each.
        curve: The name under which the metric is logged while training.
        importance: How much each key matters; None where that was not asked for.
    """

    metric: Metric
    samples: Samples
    pairs: tuple[Pair, ...]
    baselines: tuple[Baseline, ...]
    remarks: tuple[str, ...]
    curve: str
    importance: Importance | None = None


def compare_runs(
    paths: Sequence[Path],
    *,
    by: Sequence[str] = (),
    metric: str | None = None,
    better: str | None = None,
    importance: bool | None = None,
) -> Comparison:
    """Compare the runs below some folders; nothing is written.

    Args:
        paths: Run folders, or folders with run folders anywhere below.
        by: Keys to group settings by; none to compare every setting with every other.
        metric: What to compare, ``test/accuracy``; None for the test score that picked the best
            checkpoints.
        better: ``lower`` or ``higher``; None for what is known of the metric.
        importance: Whether to say how much each key matters; None for: if a search has made them,
            and there are several.

    Raises:
        ConfigError: There is nothing to compare, or a key or metric is not known.
        StorageError: A folder cannot be read.
    """
    found, damaged = read_runs(paths)
    runs = [run for run in found if run.status != Status.PRUNED]
    pruned = len(found) - len(runs)
    finished = [run for run in runs if run.result is not None]
    if not finished:
        raise ConfigError(_nothing(paths, found, damaged))
    chosen = choose_metric(finished, metric, better)
    if all(run.value(chosen.name) is None for run in finished):
        why = f"none of the {len(finished)} finished runs has a finite value"
        raise ConfigError(why, key="--metric", value=chosen.name)
    settings = group(runs)
    if importance is None:
        several = len(settings.axes) > 1
        importance = several and any(is_trial(run.folder.path) for run in finished)
    samples = by_keys(settings, chosen.name, by) if by else by_setting(settings, chosen.name)
    samples = _sorted(samples, chosen)
    count = sum(bool(sample.values) for sample in samples.all)
    said = [*remarks(settings, samples, chosen, runs, damaged)]
    if pruned:
        runs_were = "run was" if pruned == 1 else "runs were"
        said.append(
            f"{pruned} of {len(found)} {runs_were} pruned by the search and left out: what is left "
            "are the settings that did well early"
        )
    if count > MOST_TESTED:
        said.append(
            f"{count} settings make {comb(count, 2):,} pairs, too many to be told apart: none is "
            f"tested; {MOST_TESTED} are the most; --by groups them"
        )
    return Comparison(
        chosen,
        samples,
        tuple(compare_all(samples.all)) if count <= MOST_TESTED else (),
        baselines_of(settings, chosen),
        tuple(said),
        _logged_as(chosen.name),
        importance_of(settings, chosen.name) if importance else None,
    )


def read_runs(paths: Sequence[Path]) -> tuple[list[Run], list[str]]:
    """Return the runs below some folders, and for each that cannot be read why.

    Raises:
        ConfigError: A path is no folder.
        StorageError: One cannot be read.
    """
    runs, damaged = [], []
    for folder in find_runs(paths):
        try:
            runs.append(read_run(folder))
        except (ConfigError, StorageError, Refused) as error:
            # One damaged run must not hide all others.
            damaged.append(str(error))
    return runs, damaged


def _nothing(paths: Sequence[Path], runs: Sequence[Run], damaged: Sequence[str]) -> str:
    places = ", ".join(map(str, paths))
    if damaged:
        return f"no run in {places} can be compared; {len(damaged)} cannot be read: {damaged[0]}"
    said = f": none of the {len(runs)} there are has finished" if runs else ""
    return f"there is no finished run in {places}{said}"


def _sorted(samples: Samples, metric: Metric) -> Samples:
    def place(sample: Sample) -> tuple[bool, float]:
        mean = sample.estimate.mean
        return mean is None, 0.0 if mean is None else metric.rank(mean)

    ordered = tuple(sorted(samples.all, key=place))
    return Samples(
        samples.columns, samples.axes, ordered, samples.replicate, samples.averaged, samples.note
    )


def baselines_of(settings: Settings, metric: Metric) -> tuple[Baseline, ...]:
    """Return the naive scores that the runs hold, best first."""
    found: dict[str, list[float]] = defaultdict(list)
    for setting in settings.all:
        own: dict[str, list[float]] = defaultdict(list)
        for run in setting.runs.values():
            for name, value in run.baselines(metric.name).items():
                own[name].append(value)
        for name, values in own.items():
            found[name].append(fmean(values))
    baselines = [
        Baseline(name, fmean(values), min(values), max(values)) for name, values in found.items()
    ]
    return tuple(sorted(baselines, key=lambda baseline: metric.rank(baseline.value)))


def _logged_as(metric: str) -> str:
    part, slash, score = metric.partition("/")
    return f"val/{score}" if slash and part == "test" else metric
