"""From overrides to one complete config, through Hydra's own loader."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from omegaconf import DictConfig, OmegaConf

from rnnlab.config.allow_list import allow_list
from rnnlab.config.interpolation import check_expansion
from rnnlab.config.messages import FAULTS, explain
from rnnlab.config.options import groups
from rnnlab.config.parsing import as_a_fault, chosen_lists, parse, said
from rnnlab.config.resolve import settle
from rnnlab.config.schema import OPTIONS, accepted
from rnnlab.config.sweeping import for_one_run, take_out
from rnnlab.errors import ConfigError, Refused, together
from rnnlab.plugins.allowed import allowing
from rnnlab.plugins.annotation import alternatives
from rnnlab.plugins.conf import packaged_conf
from rnnlab.plugins.conf_source import WHY_NOT_HYDRA, names_hydra
from rnnlab.plugins.search_path import register


def compose(overrides: Sequence[str] = ()) -> DictConfig:
    """Return the config that some overrides ask for, complete and self-contained.

    Interpolations are resolved, except those that read the environment: they may be secrets.
    ``choices`` names the option chosen in each group.

    Args:
        overrides: Hydra's override syntax: ``cell=gru``, ``cell.hidden_size=64``, ….

    Raises:
        ConfigError: An override or a file is wrong; a ``ConfigErrors`` when several are.
        Refused: An override or a file sets up Hydra itself.
    """
    cfg, mistakes = attempt(overrides)
    if (mistake := together(mistakes)) is not None:
        raise mistake
    assert cfg is not None
    take_out(cfg)
    return cfg


Load = Callable[[Sequence[str]], DictConfig]
"""Makes a config of overrides, and raises one of :data:`FAULTS` where it cannot."""


def load(overrides: Sequence[str]) -> DictConfig:
    """Return the config of some overrides; what it says of several runs is in it."""
    parsed = parse(overrides)
    lists = chosen_lists(parsed, groups())
    cfg, chosen = compose_files(overrides, allow_list(said(parsed)))
    return complete(cfg, {**lists, **chosen})


def attempt(
    overrides: Sequence[str], load: Load = load, *, several: bool = False
) -> tuple[DictConfig | None, list[ConfigError]]:
    """Compose what can be composed, and say what cannot.

    Args:
        overrides: Hydra's override syntax.
        load: Composes; another one than Hydra's way must give the same.
        several: Whether this is one run of several, which the overrides may say something about.

    Returns:
        The config without the overrides at fault, or None where a file or an experiment is; and
        the mistakes. What the config says of several runs is in it, to be checked with the rest.

    Raises:
        Refused: An override or a file sets up Hydra itself.
    """
    for item in overrides:
        if names_hydra(item.partition("=")[0].lstrip("+~")):
            raise Refused(f"{item}: {WHY_NOT_HYDRA}")
    remaining, mistakes = (list(overrides), []) if several else for_one_run(overrides)
    while True:
        try:
            return load(remaining), mistakes
        except FAULTS as error:
            mistake, culprit = explain(error, remaining)
            mistakes.append(mistake)
            if culprit not in remaining:
                return None, mistakes
            # Leave out the culprit and what depends on it, and look for further mistakes.
            group = culprit.partition("=")[0].lstrip("+~")
            remaining = [
                item for item in remaining if item != culprit and not item.startswith(f"{group}.")
            ]
            if group == "experiment":
                return None, mistakes


def choices(cfg: DictConfig) -> dict[str, Any]:
    """Return the option chosen in each group; None where a group has none."""
    chosen = OmegaConf.to_container(cfg.choices)
    assert isinstance(chosen, dict)
    return {str(group): option for group, option in chosen.items()}


@contextmanager
def hydra_session() -> Iterator[None]:
    """Let Hydra look where rnnlab's configs are, for as long as the context lasts."""
    register()
    with initialize_config_dir(str(packaged_conf()), job_name="rnnlab", version_base="1.3"):
        yield


def compose_files(
    overrides: Sequence[str], allow: list[str] | None
) -> tuple[DictConfig, dict[str, Any]]:
    """Return what Hydra makes of the files and overrides, and the option chosen in each group.

    Args:
        overrides: Hydra's override syntax.
        allow: The distributions whose plugins may be used; None for all.
    """
    with hydra_session(), allowing(allow), as_a_fault("the configs cannot be composed"):
        cfg = hydra_compose("config", list(overrides), return_hydra_config=True)
    chosen = {
        str(group): option
        for group, option in cfg.hydra.runtime.choices.items()
        if not str(group).startswith("hydra/")
    }
    OmegaConf.set_struct(cfg, False)
    del cfg["hydra"]
    OmegaConf.set_struct(cfg, True)
    return cfg, chosen


def complete(cfg: DictConfig, chosen: Mapping[str, Any]) -> DictConfig:
    """Name what was chosen and resolve what was composed, in place."""
    OmegaConf.set_struct(cfg, False)
    cfg.choices = dict(chosen)
    if cfg.get("experiment_name") is None:
        # It names a folder, and an experiment may lie in one, or be DISTRIBUTION:NAME.
        option = chosen.get("experiment") or chosen.get("dataset")
        cfg.experiment_name = re.sub("[/:]", "_", str(option))
    check_expansion(cfg)
    settle(cfg)
    conform(cfg)
    OmegaConf.set_struct(cfg, True)
    return cfg


def conform(cfg: DictConfig, parts: Iterable[str] = OPTIONS) -> None:
    """Write whole numbers as reals where reals are meant, so that 1 and 1.0 are one config."""
    for key, schema in ((part, OPTIONS[part]) for part in parts if part in OPTIONS):
        node = cfg.get(key)
        if not isinstance(node, DictConfig):
            continue
        written: Any = OmegaConf.to_container(node, resolve=False)
        for parameter in accepted(schema):
            value = written.get(parameter.name)
            kinds = alternatives(parameter.type)
            if type(value) is int and float in kinds and int not in kinds:
                node[parameter.name] = float(value)
