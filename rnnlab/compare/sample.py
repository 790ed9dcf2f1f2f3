"""What is compared with what: the replicates of each setting, or of each group of settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rnnlab.compare.flat import short
from rnnlab.compare.intervals import Estimate, estimate
from rnnlab.compare.reading import Run
from rnnlab.compare.settings import Setting, Settings

Replicate = int | tuple[str, ...]


@dataclass(frozen=True)
class Sample:
    """The replicates of a setting or of a group of settings.

    Args:
        label: The values of the columns.
        values: The value of each replicate, by what pairs are made by.
        runs: The runs that each value is the mean of.
        missing: How many runs have no value: they did not finish, or it is not finite.
    """

    label: tuple[str, ...]
    values: Mapping[Replicate, float]
    runs: Mapping[Replicate, tuple[Run, ...]]
    missing: int

    @property
    def estimate(self) -> Estimate:
        """Mean and interval over the replicates."""
        return estimate(list(self.values.values()))


@dataclass(frozen=True)
class Samples:
    """All that is compared.

    Args:
        columns: The keys that tell samples apart.
        axes: Those of them that were varied by themselves.
        all: The samples.
        replicate: What a replicate is: ``seed`` or ``setting``.
        averaged: The keys that are averaged over, beside the seed.
        note: What was averaged and what was left out, in words; empty where nothing was.
    """

    columns: tuple[str, ...]
    axes: tuple[str, ...]
    all: tuple[Sample, ...]
    replicate: str = "seed"
    averaged: tuple[str, ...] = ()
    note: str = ""

    def name(self, sample: Sample) -> str:
        """Return how words call a sample: ``cell=gru cell.hidden_size=16``."""
        pairs = zip(self.columns, sample.label, strict=True)
        return " ".join(f"{key}={short(value)}" for key, value in pairs)


def by_setting(settings: Settings, metric: str) -> Samples:
    """Return a sample for each setting; its replicates are its seeds."""
    samples = tuple(
        Sample(
            setting.shown_all(settings.columns),
            {seed: value for seed, run in setting.runs.items() if (value := run.value(metric))
             is not None},
            {seed: (run,) for seed, run in setting.runs.items() if run.value(metric) is not None},
            missing_of(setting, metric),
        )
        for setting in settings.all
    )  # fmt: skip
    return Samples(settings.columns, settings.axes, samples)


def missing_of(setting: Setting, metric: str) -> int:
    """Return how many runs of a setting have no value: not finished, or not finite."""
    return len(setting.unfinished) + sum(run.value(metric) is None for run in setting.runs.values())
