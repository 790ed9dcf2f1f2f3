"""Changing values of a config that is already composed, such as that of a finished run."""

from __future__ import annotations

from collections.abc import Iterable

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf

from rnnlab.errors import ConfigError, nearest


def override(cfg: DictConfig, overrides: Iterable[str]) -> DictConfig:
    """Return a copy of a config with some values changed.

    Args:
        cfg: A complete config.
        overrides: ``key=value`` of keys that the config has, in Hydra's syntax.

    Raises:
        ConfigError: An override cannot be read, or its key is not there.
    """
    changed = cfg.copy()
    OmegaConf.set_struct(changed, False)
    for item in overrides:
        try:
            (parsed,) = OverridesParser.create().parse_overrides([item])
        except HydraException as error:
            raise ConfigError("is not KEY=VALUE", key=item) from error
        key = parsed.key_or_group
        parent, _, last = key.rpartition(".")
        node = OmegaConf.select(changed, parent) if parent else changed
        known = [str(name) for name in node] if isinstance(node, DictConfig) else []
        if last not in known or parsed.is_delete() or parsed.is_sweep_override():
            raise ConfigError(
                "there is no such key to change", key=key, valid=known, near=nearest(last, known)
            )
        OmegaConf.update(changed, key, parsed.value())
    OmegaConf.set_struct(changed, True)
    return changed
