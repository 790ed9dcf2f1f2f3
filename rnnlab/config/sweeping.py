"""What of a config is about several runs: no single run has it, and none of several keeps it."""

from __future__ import annotations

from collections.abc import Sequence

from omegaconf import DictConfig, OmegaConf

from rnnlab.config.options import MULTIRUN
from rnnlab.errors import ConfigError

SWEEP, EXECUTOR, SEEDS = "sweep", "executor", "seeds"
"""How several runs are made, what executes them, and the key that replicates them."""


def concerns_several(key: str) -> bool:
    """Return whether a key of an override, with whatever signs, is about several runs."""
    first = key.lstrip("+~").partition("@")[0].partition(".")[0].partition("/")[0]
    return first in (SWEEP, EXECUTOR, SEEDS)


def for_one_run(overrides: Sequence[str]) -> tuple[list[str], list[ConfigError]]:
    """Return the overrides that one run can have, and a mistake for each of the others."""
    kept, mistakes = [], []
    for item in overrides:
        key, _, value = item.partition("=")
        if concerns_several(key):
            why = f"is for several runs; add {MULTIRUN[0]}"
            mistakes.append(ConfigError(why, key=key, value=value or None))
        else:
            kept.append(item)
    return kept, mistakes


def take_out(cfg: DictConfig) -> None:
    """Remove from a composed config what is about several runs."""
    OmegaConf.set_struct(cfg, False)
    for key in (SWEEP, EXECUTOR, SEEDS):
        cfg.pop(key, None)
        if isinstance(cfg.get("choices"), DictConfig):
            cfg.choices.pop(key, None)
    OmegaConf.set_struct(cfg, True)
