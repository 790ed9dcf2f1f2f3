"""What a search may choose from: overrides in Hydra's sweep grammar as ranges and choices.

optimizer.lr=tag(log,interval(1e-4,1e-1))   a real number, evenly on a logarithmic scale
cell.hidden_size=int(interval(8,64))        a whole number, both ends included
backbone.layers=range(1,4)                  1, 2 or 3; ``tag(log,range(1,65))`` with step 1 only
cell=gru,lstm  cell=choice(gru,lstm)  cell=glob(*)      one of several, without an order
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from math import isfinite
from typing import TYPE_CHECKING, Any, Literal

from hydra.core.override_parser.types import ChoiceSweep, IntervalSweep, Override, RangeSweep

from rnnlab.errors import ConfigError
from rnnlab.sweeps.combinations import Combination, alternatives, parsed

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

_LOG = "log"


@dataclass(frozen=True)
class Axis:
    """What one key may be.

    Args:
        key: The key as an override writes it, with its signs.
        kind: Real numbers, whole numbers, or values without an order.
        low: The least number.
        high: The greatest, included.
        step: From one number to the next; None for reals of any kind.
        log: Whether equal factors are equally likely, and not equal differences.
        values: All values as overrides write them; () of an interval.
    """

    key: str
    kind: Literal["real", "whole", "choice"]
    low: float = 0
    high: float = 0
    step: float | None = None
    log: bool = False
    values: tuple[str, ...] = ()

    def distribution(self) -> BaseDistribution:
        """Return it as Optuna takes it."""
        from optuna.distributions import (
            CategoricalDistribution,
            FloatDistribution,
            IntDistribution,
        )

        if self.kind == "choice":
            return CategoricalDistribution(self.values)
        if self.kind == "whole":
            step = int(self.step or 1)
            return IntDistribution(int(self.low), int(self.high), self.log, step)
        return FloatDistribution(self.low, self.high, self.log, self.step)

    def written(self, value: Any) -> str:
        """Return a value that Optuna has chosen as an override writes it."""
        if self.kind == "choice":
            return str(value)
        if self.kind == "whole":
            return str(int(value))
        if self.values:
            # As the grid writes it: 0.3, where floats add up to 0.30000000000000004.
            return min(self.values, key=lambda text: abs(float(text) - float(value)))
        return repr(float(value))

    @property
    def corners(self) -> tuple[str, ...]:
        """The values to check before anything runs: all without an order, else both ends."""
        if self.kind == "choice":
            return self.values
        return tuple(dict.fromkeys((self.written(self.low), self.written(self.high))))

    def __str__(self) -> str:
        if self.kind == "choice":
            return ", ".join(self.values)
        ends = f"{self.written(self.low)} to {self.written(self.high)}"
        said = [ends, *(["logarithmic"] if self.log else [])]
        if self.step is not None and self.step != 1:
            said.append(f"step {self.step:g}")
        return ", ".join(said)


@dataclass(frozen=True)
class Space:
    """What a search may choose from.

    Args:
        overrides: All of them, in order: those that are the same for all settings as they are
            written, and an axis for each other.
    """

    overrides: tuple[str | Axis, ...]

    @cached_property
    def axes(self) -> tuple[Axis, ...]:
        """What is chosen, in order."""
        return tuple(item for item in self.overrides if isinstance(item, Axis))

    def distributions(self) -> dict[str, BaseDistribution]:
        """Return what Optuna chooses from, by key; in an order that is not that of writing."""
        return {
            axis.key: axis.distribution() for axis in sorted(self.axes, key=lambda axis: axis.key)
        }

    def setting(self, params: Mapping[str, Any]) -> Combination:
        """Return the setting that Optuna has chosen.

        Args:
            params: A value for each key.
        """
        return self._written({axis.key: axis.written(params[axis.key]) for axis in self.axes})

    def corners(self) -> list[Combination]:
        """Return settings in which each value to check occurs, the others at their first."""
        first = {axis.key: axis.corners[0] for axis in self.axes}
        others = [{**first, axis.key: value} for axis in self.axes for value in axis.corners[1:]]
        return [self._written(values) for values in (first, *others)]

    def _written(self, values: Mapping[str, str]) -> Combination:
        overrides = (
            f"{item.key}={values[item.key]}" if isinstance(item, Axis) else item
            for item in self.overrides
        )
        return Combination(tuple(overrides), values)


def read_space(overrides: Sequence[str]) -> Space:
    """Return what some overrides let a search choose from.

    Args:
        overrides: One with several values is chosen, all others are the same for every setting.

    Raises:
        ConfigError: Values cannot be chosen from, or a key has two lists of them.
    """
    items = tuple(_axis(item) or alternatives(item)[0] for item in overrides)
    space = Space(items)
    keys = [item.key if isinstance(item, Axis) else item.partition("=")[0] for item in items]
    for axis in space.axes:
        if keys.count(axis.key) > 1:
            raise ConfigError("is there more than once", key=axis.key)
    return space


def _axis(item: str) -> Axis | None:
    """Return what an override may be; None where it has one value, or cannot be read."""
    override = parsed(item)
    if override is None or not override.is_sweep_override():
        return None
    key, _, written = item.partition("=")
    try:
        return _of(override, item)
    except ValueError as error:
        raise ConfigError(str(error), key=key, value=written) from error


def _of(override: Override, item: str) -> Axis | None:
    key, found = override.get_key_element(), override._value
    tags: set[str] = getattr(found, "tags", set())
    if others := tags - {_LOG}:
        raise ValueError(f"has the tag {min(others)}, which means nothing here; log does")
    log = _LOG in tags
    if isinstance(found, IntervalSweep):
        return _interval(key, found, log=log)
    values = tuple(text.partition("=")[2] for text in alternatives(item))
    if log and isinstance(found, ChoiceSweep):
        raise ValueError("values without an order have no logarithm; write tag(log,interval(…))")
    if len(values) < 2:
        return None
    if isinstance(found, RangeSweep):
        return _range(key, values, found, log=log)
    return Axis(key, "choice", values=values)


def _interval(key: str, found: IntervalSweep, *, log: bool) -> Axis:
    assert found.start is not None
    assert found.end is not None
    low, high = found.start, found.end
    if not (isfinite(low) and isfinite(high)):
        raise ValueError("an interval has two finite ends")
    if not low < high:
        raise ValueError("the lower end comes first, and the upper one is greater")
    _check_log(low, log)
    whole = isinstance(low, int) and isinstance(high, int)
    return Axis(key, "whole" if whole else "real", low, high, 1 if whole else None, log)


def _range(key: str, values: tuple[str, ...], found: RangeSweep, *, log: bool) -> Axis:
    whole = all(isinstance(part, int) for part in (found.start, found.step))
    low, step = min(map(float, values)), abs(float(found.step))
    # In floats three steps of 0.1 are more than 0.3, which Optuna takes for a mistake.
    high = float(Decimal(str(low)) + (len(values) - 1) * Decimal(str(step)))
    _check_log(low, log)
    if log and not (whole and step == 1):
        raise ValueError("has steps, which no logarithmic scale has; write tag(log,interval(…))")
    return Axis(key, "whole" if whole else "real", low, high, step, log, values)


def _check_log(low: float, log: bool) -> None:
    if log and low <= 0:
        raise ValueError(f"a logarithmic scale has no {low:g}; its lower end must be > 0")
