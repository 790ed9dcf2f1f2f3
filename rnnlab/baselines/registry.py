"""The baselines that come with rnnlab, by name; each is imported when it is asked for."""

from __future__ import annotations

from importlib import import_module

from rnnlab.baselines.base import Baseline
from rnnlab.data.spec import DataSpec
from rnnlab.errors import ConfigError, nearest

_CLASSES = {
    "majority": "majority:Majority",
    "mean": "mean:Mean",
}


def make_baseline(name: str) -> Baseline:
    """Return a new baseline, not fitted.

    Args:
        name: A name that a dataset lists in its ``baselines``.

    Raises:
        ConfigError: There is no baseline of this name.
    """
    if name not in _CLASSES:
        raise ConfigError(
            "no such baseline",
            key="baseline",
            value=name,
            valid=_CLASSES,
            near=nearest(name, _CLASSES),
        )
    module, _, class_name = _CLASSES[name].partition(":")
    baseline = getattr(import_module(f"rnnlab.baselines.{module}"), class_name)()
    if not isinstance(baseline, Baseline):
        raise TypeError(f"{_CLASSES[name]} lacks name, fit or output")
    return baseline


def default_baselines(spec: DataSpec) -> tuple[str, ...]:
    """Return the names of what fits a kind of target, for datasets that name none themselves."""
    target = spec.target
    if target.categorical:
        if spec.next_step:
            return ("unigram", "bigram")
        free = target.sequence and not spec.aligned
        return ("most_frequent_sequence",) if free else ("majority",)
    forecast = spec.input.kind == "reals" and spec.input.sequence
    return ("mean", "persistence") if forecast and _own_past(spec) else ("mean",)


def _own_past(spec: DataSpec) -> bool:
    return spec.input.size == spec.target.size and spec.input.scaler == spec.target.scaler
