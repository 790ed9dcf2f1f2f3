"""The product of all values that overrides name, in Hydra's sweep grammar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress, islice, product
from math import prod
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Glob, Override
from hydra.errors import HydraException

from rnnlab.config.options import groups, options
from rnnlab.errors import ConfigError

_MOST = 10_000


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


def combinations(overrides: Sequence[str]) -> list[Combination]:
    """Return every combination of values; those of the last override follow each other.

    Args:
        overrides: ``seed=0,1``, ``cell=choice(gru,lstm)``, ``cell=glob(*)``,
            ``cell.hidden_size=range(8,33,8)``; one that names one value, or cannot be read, is
            part of every combination as it is.

    Raises:
        ConfigError: Values cannot be listed, there are none or too many, or a key has two lists.
    """
    lists = [_alternatives(item) for item in overrides]
    if (count := prod(map(len, lists))) > _MOST:
        raise ConfigError(f"the overrides make {count:,} runs; {_MOST:,} are the most")
    keys = [items[0].partition("=")[0] for items in lists]
    for key, items in zip(keys, lists, strict=True):
        if len(items) > 1 and keys.count(key) > 1:
            raise ConfigError("is there more than once", key=key)
    several = [len(items) > 1 for items in lists]
    return [
        Combination(chosen, dict(item.split("=", 1) for item in compress(chosen, several)))
        for chosen in product(*lists)
    ]


def _alternatives(item: str) -> list[str]:
    """Return an override for each value that one names."""
    try:
        (parsed,) = OverridesParser.create().parse_overrides([item])
    except Exception:
        # Whoever composes it tells what is wrong with it.
        return [item]
    if not parsed.is_sweep_override():
        return [item]
    key, _, written = item.partition("=")
    try:
        values = dict.fromkeys(islice(_values(parsed), _MOST + 1))
    except (HydraException, ValueError) as error:
        raise ConfigError(str(error), key=key, value=written) from error
    if not values:
        valid = options(key) if key in groups() else ()
        raise ConfigError("names no value", key=key, value=written, valid=valid)
    return [f"{parsed.get_key_element()}={value}" for value in values]


def _values(parsed: Override) -> Iterator[str]:
    if parsed.is_interval_sweep():
        raise ValueError("has no list of values; write range(…) or choice(…)")
    value: Any = parsed.value()
    if not isinstance(value, Glob):
        return parsed.sweep_string_iterator()
    if parsed.key_or_group not in groups():
        raise ValueError("glob(…) chooses among the options of a group")
    return iter(value.filter(options(parsed.key_or_group)))
