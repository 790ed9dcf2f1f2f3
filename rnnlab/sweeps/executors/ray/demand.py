"""What a run takes of a Ray cluster while it is executed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rnnlab.errors import ConfigError

_GB = 1_000_000_000
_KEYS = {"CPU": "executor.cpus", "GPU": "executor.gpus", "memory": "executor.memory"}
_OTHERS = "executor.resources"
_PRECISION = 0.0001  # Ray counts no finer


@dataclass(frozen=True)
class Demand:
    """What a run takes, by Ray's names: ``CPU``, ``GPU``, ``memory`` in bytes, and others.

    Args:
        amounts: Pairs of name and amount; none is 0.
    """

    amounts: tuple[tuple[str, float], ...]

    def amount(self, name: str) -> float:
        """Return how much it takes of something."""
        return dict(self.amounts).get(name, 0.0)

    def fitting(self, node: Mapping[str, float]) -> int:
        """Return how many runs a node holds at a time."""
        # In units of what Ray counts in: 0.3 is in 0.9 three times.
        return min(
            round(node.get(name, 0.0) / _PRECISION) // round(amount / _PRECISION)
            for name, amount in self.amounts
        )

    def lacking(self, nodes: Sequence[Mapping[str, float]]) -> ConfigError | None:
        """Return why no node holds a run; None where one does."""
        if any(self.fitting(node) for node in nodes):
            return None
        for name, amount in self.amounts:
            most = max((node.get(name, 0.0) for node in nodes), default=0.0)
            if most < amount:
                unit = _GB if name == "memory" else 1
                key = _KEYS.get(name, f"{_OTHERS}.{name}")
                why = f"no node of the Ray cluster has more than {most / unit:g}"
                return ConfigError(why, key=key, value=f"{amount / unit:g}")
        return ConfigError("no node of the Ray cluster has all that a run takes", key="executor")

    def options(self) -> dict[str, Any]:
        """Return it as the options of an actor."""
        others = {name: amount for name, amount in self.amounts if name not in _KEYS}
        return {
            "num_cpus": self.amount("CPU"),
            "num_gpus": self.amount("GPU"),
            "memory": int(self.amount("memory")) or None,
            "resources": others or None,
        }


def demand(options: Mapping[str, Any], gpus: float) -> Demand:
    """Return what a run takes.

    Args:
        options: What the config says under ``executor``.
        gpus: Where it does not say how many.

    Raises:
        ConfigError: It cannot be taken of any cluster.
    """
    if options.get("gpus") is not None:
        gpus = float(options["gpus"])
        if gpus > 1 and not gpus.is_integer():
            raise ConfigError("is more than one and not whole", key=_KEYS["GPU"], value=gpus)
    memory = float(options.get("memory") or 0.0) * _GB
    amounts = {"CPU": float(options.get("cpus", 1.0)), "GPU": gpus, "memory": memory}
    for name, amount in amounts.items():
        if 0 < amount < _PRECISION:
            raise ConfigError(f"must be {_PRECISION} or more", key=_KEYS[name], value=amount)
    for name, amount in (options.get("resources") or {}).items():
        key = f"{_OTHERS}.{name}"
        if name in _KEYS or name == "object_store_memory":
            why = f"is Ray's own; there are {', '.join(_KEYS.values())}"
            raise ConfigError(why, key=key, value=amount)
        number = isinstance(amount, int | float) and not isinstance(amount, bool)
        if not number or not _PRECISION <= amount < float("inf"):
            raise ConfigError(f"must be a number, {_PRECISION} or more", key=key, value=amount)
        amounts[str(name)] = float(amount)
    return Demand(tuple((name, amount) for name, amount in amounts.items() if amount))


def capacity(demands: Iterable[Demand], nodes: Sequence[Mapping[str, float]]) -> int:
    """Return how many runs a cluster holds at a time, of those that take least."""
    return max(sum(each.fitting(node) for node in nodes) for each in demands)
