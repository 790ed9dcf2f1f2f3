"""Hydra's own flags after ``rnnlab train``: ``--help``, ``--hydra-help``, ``--cfg``, ``--info``."""

from __future__ import annotations

import logging
from argparse import ArgumentError, ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from hydra._internal.utils import get_args_parser
from hydra.core.global_hydra import GlobalHydra
from omegaconf import Container, OmegaConf

from rnnlab.config.compose import compose, hydra_session
from rnnlab.config.options import DRY_RUN, HYDRA_FLAGS, MULTIRUN
from rnnlab.errors import ConfigError

_SHORT = {"-h": "--help", "-c": "--cfg", "-p": "--package", "-i": "--info"}


@dataclass(frozen=True)
class Swept:
    """A command line that asks for a run of each combination of values.

    Args:
        overrides: Its overrides.
        dry: Whether the runs are only to be shown.
    """

    overrides: list[str]
    dry: bool


def swept(arguments: Sequence[str]) -> Swept | None:
    """Return what a command line asks for that has ``-m`` or ``--multirun`` in it, or None.

    Args:
        arguments: Everything after ``train``.

    Raises:
        ConfigError: There is another flag beside it, or one that belongs to it without it.
    """
    if not any(item in MULTIRUN for item in arguments):
        if DRY_RUN in arguments:
            raise ConfigError(f"belongs to {MULTIRUN[0]}", key=DRY_RUN)
        return None
    overrides = [item for item in arguments if item not in (*MULTIRUN, DRY_RUN)]
    for item in overrides:
        if item.startswith("-"):
            raise ConfigError(f"does not go with {MULTIRUN[-1]}", key=item)
    return Swept(overrides, DRY_RUN in arguments)


def answer(arguments: Sequence[str]) -> str | None:
    """Return what a command line with one of Hydra's flags asks for.

    Text that Hydra composes is printed by Hydra itself; then the result is empty.

    Args:
        arguments: Everything after ``train``.

    Returns:
        None when there is no flag, only overrides.

    Raises:
        ConfigError: A flag is unknown, or the overrides are wrong.
    """
    flags = [item for item in arguments if item.startswith("-")]
    if not flags:
        return None
    for flag in flags:
        if _SHORT.get(flag, flag.partition("=")[0]) not in HYDRA_FLAGS:
            raise ConfigError(
                "there is no such option", key=flag, valid=[*HYDRA_FLAGS, MULTIRUN[-1]]
            )
    parser = get_args_parser()
    asked = _parse(parser, arguments)
    if asked.package and not asked.cfg:
        raise ConfigError("belongs to --cfg", key="--package", value=asked.package)
    config = compose(asked.overrides)
    if asked.cfg == "job":
        if asked.resolve:
            OmegaConf.resolve(config)
        return _yaml(config, asked.package)
    with hydra_session(), _logging_restored():
        hydra = GlobalHydra.instance().hydra
        assert hydra is not None
        if asked.help:
            hydra.app_help("config", parser, asked)
        elif asked.hydra_help:
            hydra.hydra_help("config", parser, asked)
        elif asked.cfg:
            hydra.show_cfg("config", asked.overrides, asked.cfg, asked.package, asked.resolve)
        elif asked.info:
            hydra.show_info(asked.info, "config", asked.overrides)
    return ""


@contextmanager
def _logging_restored() -> Iterator[None]:
    """Undo what Hydra does to the root logger in order to print through it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)


def _parse(parser: ArgumentParser, arguments: Sequence[str]) -> Namespace:
    # Without this argparse prints a usage message of its own and exits.
    parser.exit_on_error = False
    try:
        asked, rest = parser.parse_known_intermixed_args(list(arguments))
    except ArgumentError as error:
        raise ConfigError(error.message, key=error.argument_name) from error
    asked.overrides += rest
    return asked


def _yaml(config: Container, package: str | None) -> str:
    part = OmegaConf.select(config, package) if package else config
    if part is None:
        raise ConfigError("there is no such key", key="--package", value=package)
    return OmegaConf.to_yaml(part) if OmegaConf.is_config(part) else f"{part}\n"
