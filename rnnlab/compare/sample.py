"""What is compared with what: the replicates of each setting, or of each group of settings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from rnnlab.compare.block import Unit, complete
from rnnlab.compare.flat import short
from rnnlab.compare.intervals import Estimate, estimate
from rnnlab.compare.reading import Run
from rnnlab.compare.settings import Setting, Settings
from rnnlab.errors import ConfigError, nearest

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
            _missing(setting, metric),
        )
        for setting in settings.all
    )  # fmt: skip
    return Samples(settings.columns, settings.axes, samples)


def by_keys(settings: Settings, metric: str, by: Sequence[str]) -> Samples:
    """Return a sample for each group of settings that agree in some keys.

    Groups are compared over what they all have: the same combinations of all other keys, each with
    the same seeds. For each seed the value of a group is the mean over these combinations, and
    **the seed is the replicate**. Runs of one seed share their order of examples and more, so that
    to count each combination as a replicate of its own would count the seeds several times: the
    interval is over seeds, and what it says holds for the average over these combinations.

    Where all have the same single seed, the combinations are the replicates: the interval is then
    over settings such as these, and says nothing of other seeds.

    Raises:
        ConfigError: A key is unknown or the same in all runs, or groups have nothing in common.
    """
    keys = tuple(dict.fromkeys(by))
    for key in keys:
        _check_key(key, settings)
    others = tuple(key for key in settings.axes if key not in keys)
    groups: dict[tuple[str, ...], list[Setting]] = defaultdict(list)
    for setting in settings.all:
        groups[setting.shown_all(keys)].append(setting)
    if all(len(members) == 1 for members in groups.values()):
        plain = by_setting(settings, metric)
        samples = tuple(
            Sample(setting.shown_all(keys), sample.values, sample.runs, sample.missing)
            for setting, sample in zip(settings.all, plain.all, strict=True)
        )
        return Samples(keys, keys, samples)
    units = {label: _units(members, others, metric) for label, members in groups.items()}
    combinations, seeds = complete([each for each in units.values() if each])
    if not combinations:
        what = " and ".join([*(f"combination of {', '.join(others)}" for _ in others[:1]), "seed"])
        raise ConfigError(f"no {what} is in every group", key="--by", value=",".join(keys))
    samples = tuple(
        _averaged(label, units[label], combinations, seeds, metric, members)
        for label, members in groups.items()
    )
    used = sum(len(runs) for sample in samples for runs in sample.runs.values())
    left_out = sum(map(len, units.values())) - used
    replicate = "seed" if len(seeds) > 1 else "setting"
    note = _note(others, len(combinations), len(seeds), left_out, used + left_out)
    return Samples(keys, keys, samples, replicate, others, note)


def _check_key(key: str, settings: Settings) -> None:
    if key in settings.columns:
        return
    if key == "seed":
        raise ConfigError("the seed is what is averaged over", key="--by", value=key)
    component = key.partition(".")[0]
    if len({setting.shown(key) for setting in settings.all}) > 1 and component in settings.columns:
        why, near = f"follows from the choice of {component}", component
    elif any(key in setting.keys for setting in settings.all):
        why, near = "is the same in all runs", None
    else:
        why, near = "is no key in which the runs differ", nearest(key, settings.columns)
    raise ConfigError(why, key="--by", value=key, valid=settings.columns, near=near)


def _units(
    members: Sequence[Setting], others: Sequence[str], metric: str
) -> dict[Unit, tuple[float, Run]]:
    units: dict[Unit, tuple[float, Run]] = {}
    for setting in members:
        for seed, run in setting.runs.items():
            if (value := run.value(metric)) is not None:
                units[setting.shown_all(others), seed] = value, run
    return units


def _averaged(
    label: tuple[str, ...],
    units: Mapping[Unit, tuple[float, Run]],
    combinations: Sequence[tuple[str, ...]],
    seeds: Sequence[int],
    metric: str,
    members: Sequence[Setting],
) -> Sample:
    replicates: dict[Replicate, list[Unit]] = {}
    if units:
        if len(seeds) > 1:
            replicates = {seed: [(each, seed) for each in combinations] for seed in seeds}
        else:
            replicates = {each: [(each, seeds[0])] for each in combinations}
    return Sample(
        label,
        {key: fmean(units[unit][0] for unit in of) for key, of in replicates.items()},
        {key: tuple(units[unit][1] for unit in of) for key, of in replicates.items()},
        sum(_missing(setting, metric) for setting in members),
    )


def _missing(setting: Setting, metric: str) -> int:
    return len(setting.unfinished) + sum(run.value(metric) is None for run in setting.runs.values())


def _note(others: Sequence[str], combinations: int, seeds: int, left_out: int, all_: int) -> str:
    keys = ", ".join(others)
    if seeds > 1:
        said = (
            f"averaged over {combinations} combinations of {keys} within each seed; the replicates "
            f"are {seeds} seeds, and the intervals hold for the average over these combinations"
        )
    else:
        said = (
            f"matched on {keys}; there is one seed in common, so the replicates are "
            f"{combinations} settings, and the intervals say nothing of other seeds"
        )
    if left_out:
        said += f"; {left_out} of {all_} runs have no match in every group and are left out"
    return said
