"""What to call a setting beside others: the values that say something, and no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rnnlab.compare.flat import ABSENT
from rnnlab.diagnostics.flows import Flows

_OFF = "null"


def shown_axes(flows: Flows) -> list[dict[str, str]]:
    """Return the values of each setting, by the keys that were varied."""
    axes = flows.settings.axes
    return [{axis: flow.setting.shown(axis) for axis in axes} for flow in flows.all]


def telling(values: Sequence[Mapping[str, str]], index: int, *without: str) -> dict[str, str]:
    """Return those values of one setting that somebody has to be told.

    What is switched off is left out, and what follows from the choice of a component; if nothing
    is left, what is switched off is told after all.

    Args:
        values: Of every setting, from :func:`shown_axes`.
        index: Of the setting.
        without: Keys that are told elsewhere.
    """
    own = {
        key: value
        for key, value in values[index].items()
        if key not in without and value != ABSENT and not _follows(values, index, key)
    }
    return {key: value for key, value in own.items() if value != _OFF} or own


def _follows(values: Sequence[Mapping[str, str]], index: int, key: str) -> bool:
    component = key.partition(".")[0]
    if component == key or component not in values[index]:
        return False
    chosen = values[index][component]
    return len({each[key] for each in values if each[component] == chosen}) == 1
