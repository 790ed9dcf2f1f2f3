"""The seeds of a sweep: replicates of each setting, never something that is searched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from rnnlab.config.schema import Run, accepted
from rnnlab.config.sweeping import SEEDS
from rnnlab.errors import ConfigError
from rnnlab.sweeps.combinations import Combination, alternatives, parsed

SEED = "seed"
(_SEEDS,) = (item for item in accepted(Run) if item.name == SEEDS)


@dataclass(frozen=True)
class Replicates:
    """How each setting is replicated.

    Args:
        named: The values of ``seed``, as overrides write them; None where they are not named.
        count: How many there are otherwise, from the setting's own seed on.
    """

    named: tuple[str, ...] | None = None
    count: int = 1

    @property
    def number(self) -> int:
        """How many runs each setting has."""
        return self.count if self.named is None else len(self.named)

    @property
    def argument(self) -> str:
        """What asks for the same replicates; "" for one of a setting's own seed."""
        if self.named is None:
            return "" if self.count == 1 else f"{SEEDS}={self.count}"
        return f"{SEEDS}=[{','.join(self.named)}]"

    def of(self, setting: Combination, own_seed: int) -> list[Combination]:
        """Return the runs of a setting.

        Args:
            setting: Its overrides.
            own_seed: The seed of its config.
        """
        named = self.named
        if named is None:
            if self.count == 1:
                return [setting]
            named = tuple(str(own_seed + number) for number in range(self.count))
        return [self._run(setting, seed, several=len(named) > 1) for seed in named]

    @staticmethod
    def _run(setting: Combination, seed: str, *, several: bool) -> Combination:
        others = [item for item in setting.overrides if item.partition("=")[0].lstrip("+") != SEED]
        overrides = (*others, f"{SEED}={seed}")
        swept = {**setting.swept, SEED: seed} if several else setting.swept
        return replace(setting, overrides=overrides, swept=swept)


def replicates(overrides: Sequence[str], seeds: Any) -> tuple[list[str], Replicates]:
    """Return the overrides but for a list of seeds, and the replicates of each setting.

    Args:
        overrides: ``seed=0,1,2`` among them means what ``seeds=[0,1,2]`` does.
        seeds: ``seeds`` of the config; what is no valid value of it is told by whoever checks it.

    Raises:
        ConfigError: Seeds are asked for twice, or none are.
    """
    if seeds != [] and _SEEDS.refusal(seeds):
        return list(overrides), Replicates()
    rest: list[str] = []
    said: list[str] = []
    for item in overrides:
        found = parsed(item)
        about = found is not None and found.key_or_group == SEED and not found.is_delete()
        (said if about else rest).append(item)
    swept = [item for item in said if len(alternatives(item)) > 1]
    if swept and (seeds is not None or len(said) > 1):
        raise _twice(swept[0], SEEDS if seeds is not None else SEED)
    if swept:
        values = (item.partition("=")[2] for item in alternatives(swept[0]))
        return rest, Replicates(tuple(values))
    if isinstance(seeds, list):
        if not seeds:
            raise ConfigError("names no seed", key=SEEDS, value="[]")
        if said:
            raise _twice(said[0], SEEDS)
        return rest, Replicates(tuple(dict.fromkeys(map(str, seeds))))
    return list(overrides), Replicates(count=1 if seeds is None else seeds)


def _twice(item: str, other: str) -> ConfigError:
    key, _, value = item.partition("=")
    return ConfigError(f"the seeds are named already, by {other}", key=key, value=value)
