"""Runs that differ by their seed alone, together, and the keys that tell settings apart."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rnnlab.compare.flat import ABSENT, shown
from rnnlab.compare.reading import Run

FINGERPRINT = "setting"
"""The column that tells settings apart whose configs do not."""


@dataclass(frozen=True)
class Setting:
    """The runs of one setting.

    Args:
        fingerprint: What the runs share.
        keys: Its values, flat; only of keys that all its runs agree in.
        runs: The finished run of each seed, by seed.
        unfinished: Its other runs.
    """

    fingerprint: str
    keys: Mapping[str, Any]
    runs: Mapping[int, Run]
    unfinished: tuple[Run, ...]

    def shown(self, key: str) -> str:
        """Return a value as it is shown."""
        if key == FINGERPRINT and key not in self.keys:
            return self.fingerprint[:8]
        return shown(self.keys[key]) if key in self.keys else ABSENT

    def shown_all(self, keys: Iterable[str]) -> tuple[str, ...]:
        """Return the values of some keys as they are shown."""
        return tuple(map(self.shown, keys))


@dataclass(frozen=True)
class Settings:
    """All settings, and what tells them apart.

    Args:
        all: The settings, in the order of their first runs.
        columns: The keys in which they differ, enough to tell any two apart.
        axes: Those columns that do not follow from the choice of a component.
        repeated: How many finished runs do not count, since a later one has their seed.
    """

    all: tuple[Setting, ...]
    columns: tuple[str, ...]
    axes: tuple[str, ...]
    repeated: int


def group(runs: Sequence[Run]) -> Settings:
    """Return the settings of some runs."""
    by_setting: dict[str, list[Run]] = defaultdict(list)
    names = _names(runs)
    for run in runs:
        by_setting[run.setting or names.get(_text(run.keys)) or _text(run.keys)].append(run)
    settings, repeated = [], 0
    for fingerprint, members in by_setting.items():
        finished = sorted(
            (run for run in members if run.result is not None),
            key=lambda run: (run.started, str(run.folder.path)),
        )
        by_seed = {run.seed: run for run in finished}  # the later one stays
        repeated += len(finished) - len(by_seed)
        others = tuple(run for run in members if run.result is None)
        seeds = {seed: by_seed[seed] for seed in sorted(by_seed)}
        settings.append(Setting(fingerprint, _agreed(members), seeds, others))
    columns = _columns(settings)
    return Settings(tuple(settings), columns, _axes(settings, columns), repeated)


def _names(runs: Iterable[Run]) -> dict[str, str]:
    """Return the fingerprint that each config belongs to, for runs that have none yet."""
    found: dict[str, set[str]] = defaultdict(set)
    for run in runs:
        if run.setting is not None:
            found[_text(run.keys)].add(run.setting)
    return {text: next(iter(names)) for text, names in found.items() if len(names) == 1}


def _text(keys: Mapping[str, Any]) -> str:
    return json.dumps(keys, sort_keys=True, default=str)


def _agreed(runs: Sequence[Run]) -> dict[str, Any]:
    first, *others = [run.keys for run in runs]
    return {
        key: value
        for key, value in first.items()
        if all(key in other and _same(other[key], value) for other in others)
    }


def _same(first: Any, second: Any) -> bool:
    return shown(first) == shown(second)


def _columns(settings: Sequence[Setting]) -> tuple[str, ...]:
    keys = dict.fromkeys(key for setting in settings for key in setting.keys)
    differ = [key for key in keys if len({setting.shown(key) for setting in settings}) > 1]
    columns = [key for key in differ if not _implied(key, settings)]
    if _ambiguous(settings, columns):
        # What looked implied may be what tells them apart; or it is data, plugins or weights.
        columns = [*columns, FINGERPRINT] if _ambiguous(settings, differ) else differ
    return tuple(columns or [FINGERPRINT])


def _ambiguous(settings: Sequence[Setting], columns: Sequence[str]) -> bool:
    return max(Counter(setting.shown_all(columns) for setting in settings).values()) > 1


def _implied(key: str, settings: Sequence[Setting]) -> bool:
    """Return whether a key says no more than the choice of its component.

    That is the class that was chosen, and arguments that not every choice has and that have one
    value for each. A default that differs between choices says something, and stays.
    """
    if not follows_from_choice(key, settings):
        return False
    return key.endswith("._target_") or any(key not in setting.keys for setting in settings)


def follows_from_choice(key: str, settings: Sequence[Setting]) -> bool:
    """Return whether the choice of a component, such as ``cell``, decides what a key below is."""
    component = key.partition(".")[0]
    if component == key or not any(component in setting.keys for setting in settings):
        return False
    values: dict[str, set[str]] = defaultdict(set)
    for setting in settings:
        values[setting.shown(component)].add(setting.shown(key))
    return len(values) > 1 and all(len(each) == 1 for each in values.values())


def _axes(settings: Sequence[Setting], columns: Sequence[str]) -> tuple[str, ...]:
    return tuple(key for key in columns if not follows_from_choice(key, settings))
