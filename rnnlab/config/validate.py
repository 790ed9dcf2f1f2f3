"""Every mistake of a config, found before any work starts and reported together."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from rnnlab.config.agreement import disagreements
from rnnlab.config.sections import Section, sections
from rnnlab.data.files import no_such_file
from rnnlab.errors import ConfigError, ConfigErrors, DataError, nearest
from rnnlab.plugins.signature import Parameter


def validate(cfg: DictConfig) -> None:
    """Check types, ranges, choices, missing and unknown keys, targets, data paths, agreement.

    Raises:
        ConfigError: There is one mistake; a :class:`ConfigErrors` when there are several.
        Refused: A ``_target_`` names something that must not be built.
    """
    mistakes: list[ConfigError] = []
    for section in sections(cfg, mistakes):
        mistakes += _unknown(section)
        for parameter in section.parameters:
            if mistake := _mistake(section, parameter):
                mistakes.append(mistake)
    mistakes = mistakes or list(disagreements(cfg))
    if len(mistakes) > 1:
        raise ConfigErrors(mistakes)
    if mistakes:
        raise mistakes[0]


def _unknown(section: Section) -> Iterator[ConfigError]:
    for name in map(str, section.node):
        if name not in section.names:
            near = nearest(name, section.names)
            yield ConfigError(
                f"is not a key of {section.key or 'the config'}",
                key=section.path(name),
                valid=sorted(set(section.names) - {"_target_"}),
                near=section.path(near) if near else None,
            )


def _mistake(section: Section, parameter: Parameter) -> ConfigError | None:
    key = section.path(parameter.name)
    missing = OmegaConf.is_missing(section.node, parameter.name)
    if missing or (parameter.required and parameter.name not in section.node):
        return ConfigError(f"is required: {parameter.describe()}", key=key)
    if parameter.name not in section.node:
        return None
    # What an interpolation stands for may be a secret; messages show it as it is written.
    written = _plain(section.node, resolve=False)[parameter.name]
    try:
        value = _plain(section.node[parameter.name], resolve=True)
    except OmegaConfBaseException as error:
        why = str(error).splitlines()[0].partition("interpolation: ")
        return ConfigError((why[2] or why[0]).strip('"'), key=key, value=written)
    refusal = parameter.refusal(value)
    if refusal and parameter.choices and isinstance(value, str):
        choices = [str(choice) for choice in parameter.choices]
        return ConfigError(
            "is not a choice", key=key, value=written, valid=choices, near=nearest(value, choices)
        )
    if refusal:
        # A None would not be shown, but here it is the mistake.
        return ConfigError(refusal, key=key, value="null" if written is None else written)
    if key == "dataset.path" and isinstance(value, str) and not Path(value).expanduser().exists():
        # The nearest file would tell what an interpolation stands for.
        known = written == value
        return no_such_file(value) if known else DataError("no such file", key=key, value=written)
    return None


def _plain(value: Any, *, resolve: bool) -> Any:
    return OmegaConf.to_container(value, resolve=resolve) if OmegaConf.is_config(value) else value
