"""What a command line asks of a sweep: its file read, its own words put over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from rnnlab.config.compose import Load, attempt
from rnnlab.config.schema import Sweep
from rnnlab.config.sweeping import EXECUTOR, SEEDS, SWEEP, concerns_several
from rnnlab.errors import ConfigError
from rnnlab.sweeps.combinations import example, is_swept, parsed

_NOT_SWEPT = {
    SEEDS: "is a number or a list of seeds; write seeds=[3,7]",
    SWEEP: "one sweep at a time",
    "name": "names one run, and the runs of a sweep have names of their own; see sweep.name",
}

_AS_WRITTEN = ("params", "storage")


@dataclass(frozen=True)
class Request:
    """A sweep as it is asked for.

    Args:
        overrides: What makes its runs, the sweep's file included; lists of values among them.
        about: Further overrides that every run is composed with: they are about the sweep.
        options: How the runs are made.
        seeds: How many replicates each setting has, or which; None for one.
        option: The option chosen in the group ``sweep``.
        executor: What executes them.
    """

    overrides: tuple[str, ...]
    about: tuple[str, ...] = ()
    options: Sweep = field(default_factory=Sweep)
    seeds: Any = None
    option: str | None = None
    executor: Mapping[str, Any] = field(default_factory=lambda: {"kind": "local"})


def read_request(overrides: Sequence[str], load: Load) -> Request:
    """Return what some overrides ask for.

    A sweep's file is read as the first run reads it: the first value of each list decides. What is
    wrong with it, its values included, every run will tell.

    Args:
        overrides: The command line.
        load: Composes configs.

    Raises:
        ConfigError: A list is given where there is one value, or the file names no values.
        Refused: Something sets up Hydra itself.
    """
    about = tuple(item for item in overrides if concerns_several(item.partition("=")[0]))
    for item in overrides:
        _check_list(item)
    cfg, _ = attempt([example(item) for item in overrides], load, several=True)
    own = tuple(item for item in overrides if item not in about)
    if cfg is None:
        return Request(own, about)
    try:
        options = _options(cfg)
        seeds = options.seeds if cfg.get(SEEDS) is None else _plain(cfg[SEEDS])
        executor = _plain(cfg.get(EXECUTOR)) or {"kind": "local"}
    except OmegaConfBaseException:
        return Request(own, about)
    overrides = (*_params(options.params, own), *own)
    return Request(overrides, about, options, seeds, cfg.choices.get(SWEEP), executor)


def _options(cfg: DictConfig) -> Sweep:
    node = cfg.get(SWEEP)
    if not isinstance(node, DictConfig):
        return Sweep()
    # What stands for a secret stays as it is written.
    written: Any = OmegaConf.to_container(node, resolve=False)
    names = [item.name for item in fields(Sweep) if item.name in node]
    said = {name: written[name] if name in _AS_WRITTEN else _plain(node[name]) for name in names}
    return Sweep(**said)


def _plain(value: Any) -> Any:
    return OmegaConf.to_container(value) if OmegaConf.is_config(value) else value


def _check_list(item: str) -> None:
    key, _, value = item.partition("=")
    name = key.lstrip("+")
    if (name in _NOT_SWEPT or concerns_several(name)) and is_swept(item):
        raise ConfigError(_NOT_SWEPT.get(name, "has one value"), key=key, value=value)


def _params(params: Any, own: Sequence[str]) -> list[str]:
    """Return the overrides that a sweep's file asks for, but for the keys that are given."""
    if not isinstance(params, Mapping):
        return []  # told where its type is checked
    given = {_key(item) for item in own}
    found = []
    for name, values in params.items():
        key = f"{SWEEP}.params.{name}"
        if concerns_several(str(name)) or str(name) in _NOT_SWEPT:
            raise ConfigError("is no key of a run", key=key)
        if isinstance(values, Mapping | list):
            why = "must be a text as on a command line, such as 1,2,4 or range(1,4)"
            raise ConfigError(why, key=key, value=values)
        item = f"{name}={_written(values)}"
        if _key(item) not in given:
            found.append(item)
    return found


def _written(values: Any) -> str:
    if values is None or isinstance(values, bool):
        return {None: "null", True: "true", False: "false"}[values]
    return str(values)


def _key(item: str) -> str:
    found = parsed(item)
    if found is None:
        return item.partition("=")[0].lstrip("+~")
    return found.get_key_element().lstrip("+~")
