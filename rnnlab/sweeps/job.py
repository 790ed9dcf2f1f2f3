"""A run that a sweep is to make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from omegaconf import DictConfig, OmegaConf

from rnnlab.sweeps.combinations import Combination
from rnnlab.sweeps.replicates import SEED


@dataclass(frozen=True)
class Job:
    """A run that is to be made.

    Args:
        combination: What makes it this one.
        plain: Its resolved config as plain values; what reads the environment is not resolved.
        fingerprint: Of what it computes.
        setting_fingerprint: Of what it and its replicates compute.
    """

    combination: Combination
    plain: Mapping[str, Any]
    fingerprint: str
    setting_fingerprint: str

    @property
    def overrides(self) -> tuple[str, ...]:
        """What ``rnnlab train`` makes the same run of."""
        return self.combination.overrides

    @property
    def setting(self) -> dict[str, str]:
        """What is swept, but for the seed: replicates share it."""
        return {key: value for key, value in self.combination.swept.items() if key != SEED}

    @property
    def seed(self) -> int:
        """Its seed."""
        return int(self.plain["seed"])

    @property
    def config(self) -> DictConfig:
        """Its config, made anew each time: ten thousand of them would not fit into memory."""
        config = OmegaConf.create(dict(self.plain))
        OmegaConf.set_struct(config, True)
        return config

    def __str__(self) -> str:
        return str(self.combination) or str(self.plain["experiment_name"])
