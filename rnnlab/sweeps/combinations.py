"""The product of all values that overrides name, in Hydra's sweep grammar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress, product
from math import ceil, isinf, prod
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Glob, IntervalSweep, Override, RangeSweep
from hydra.errors import HydraException

from rnnlab.config.options import groups, options
from rnnlab.errors import ConfigError

MOST = 10_000
"""Runs in one sweep."""

_SHOWN = 10**15


@dataclass(frozen=True)
class Combination:
    """One value for each override.

    Args:
        overrides: All of them, in order.
        swept: The value of each override that had several, by key.
    """

    overrides: tuple[str, ...]
    swept: Mapping[str, str]

    def __str__(self) -> str:
        return " ".join(f"{key}={value}" for key, value in self.swept.items())


def combinations(overrides: Sequence[str], replicates: int = 1) -> list[Combination]:
    """Return every combination of values; those of the last override follow each other.

    Args:
        overrides: ``seed=0,1``, ``cell=choice(gru,lstm)``, ``cell=glob(*)``,
            ``cell.hidden_size=range(8,33,8)``; one that names one value, or cannot be read, is
            part of every combination as it is.
        replicates: How many runs each combination is to have.

    Raises:
        ConfigError: Values cannot be listed, there are none or too many, or a key has two lists.
    """
    lists = [alternatives(item) for item in overrides]
    if (count := replicates * prod(map(len, lists))) > MOST:
        raise too_many(count)
    keys = [items[0].partition("=")[0] for items in lists]
    for key, items in zip(keys, lists, strict=True):
        if len(items) > 1 and keys.count(key) > 1:
            raise ConfigError("is there more than once", key=key)
    several = [len(items) > 1 for items in lists]
    return [
        Combination(chosen, dict(item.split("=", 1) for item in compress(chosen, several)))
        for chosen in product(*lists)
    ]


def too_many(count: float) -> ConfigError:
    """Return the refusal of a number of runs that no sweep has."""
    shown = f"{count:,}" if count < _SHOWN else f"more than {_SHOWN:,}"
    return ConfigError(f"the overrides make {shown} runs; {MOST:,} are the most")


def parsed(item: str) -> Override | None:
    """Return an override as Hydra reads it, or None where it cannot.

    Whoever composes it tells what is wrong with it.
    """
    try:
        (found,) = OverridesParser.create().parse_overrides([item])
    except Exception:
        return None
    return found


def is_swept(item: str) -> bool:
    """Return whether an override is written as a list of values, even if it names only one."""
    found = parsed(item)
    return found is not None and found.is_sweep_override()


def alternatives(item: str) -> list[str]:
    """Return an override for each value that one names.

    Raises:
        ConfigError: It names none, too many, or values that cannot be listed.
    """
    override = parsed(item)
    if override is None or not override.is_sweep_override():
        return [item]
    key, _, written = item.partition("=")
    try:
        if (count := _count(override)) > MOST:
            raise too_many(count)
        values = dict.fromkeys(_values(override))
    except (HydraException, ValueError, ArithmeticError) as error:
        raise ConfigError(str(error), key=key, value=written) from error
    if not values:
        valid = options(key) if key in groups() else ()
        raise ConfigError("names no value", key=key, value=written, valid=valid)
    return [f"{override.get_key_element()}={value}" for value in values]


def example(item: str) -> str:
    """Return an override with one of the values that one names.

    Raises:
        ConfigError: It names none, too many, or values that cannot be listed.
    """
    override = parsed(item)
    found: Any = None if override is None else override._value
    if isinstance(found, IntervalSweep):
        return f"{item.partition('=')[0]}={found.start}"
    return alternatives(item)[0]


def _count(override: Override) -> float:
    """Return how many values a range has, found without listing them; 0 for what is no range."""
    found: Any = override.value()
    if not isinstance(found, RangeSweep) or not found.step:
        return 0
    assert found.start is not None
    assert found.stop is not None
    steps = (found.stop - found.start) / found.step
    return max(0, steps if isinf(steps) else ceil(steps))


def _values(override: Override) -> Iterator[str]:
    if override.is_interval_sweep():
        raise ValueError(
            "is an interval, and a grid needs values; write range(…) or choice(…), or search in it "
            "with sweep.search=tpe sweep.trials=50"
        )
    value: Any = override.value()
    if not isinstance(value, Glob):
        return override.sweep_string_iterator()
    if override.key_or_group not in groups():
        raise ValueError("glob(…) chooses among the options of a group")
    return iter(value.filter(options(override.key_or_group)))
