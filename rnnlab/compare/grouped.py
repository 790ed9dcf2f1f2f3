"""Groups of settings, averaged over the keys that are not asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import fmean

from rnnlab.compare.block import Unit, complete
from rnnlab.compare.reading import Run
from rnnlab.compare.sample import Replicate, Sample, Samples, by_setting, missing_of
from rnnlab.compare.settings import Setting, Settings
from rnnlab.errors import ConfigError, nearest


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
        sum(missing_of(setting, metric) for setting in members),
    )


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
