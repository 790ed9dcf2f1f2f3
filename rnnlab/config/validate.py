"""Every mistake of a config, found before any work starts and reported together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from rnnlab.config.agreement import disagreements
from rnnlab.config.allow_list import checked
from rnnlab.config.folder_names import refused_name
from rnnlab.config.sections import PARTS, Section, sections_of
from rnnlab.data.files import is_there, no_such_file
from rnnlab.errors import ConfigError, DataError, Refused, nearest, together
from rnnlab.plugins.allowed import allowing
from rnnlab.plugins.conf_source import WHY_NOT_HYDRA, powers_of
from rnnlab.plugins.signature import Parameter


def validate(cfg: DictConfig) -> None:
    """Check types, ranges, choices, names, missing and unknown keys, targets, paths, agreement.

    Raises:
        ConfigError: There is one mistake; a ``ConfigErrors`` when there are several.
        Refused: Something would run code that it should not.
    """
    if (mistake := together(mistakes_of(cfg))) is not None:
        raise mistake


_ENVIRONMENT = re.compile(r"\$\{oc\.env:\w+(,[^${}]*)?\}")

Known = dict[tuple[str, str, bool], list[ConfigError]]
"""The mistakes of parts of configs that were looked at before, by all that they depend on."""


def mistakes_of(
    cfg: DictConfig, *, files: bool = True, known: Known | None = None
) -> list[ConfigError]:
    """Return every mistake of a config.

    Args:
        cfg: The config.
        files: Whether the file that it names as data must be there.
        known: Of configs before, added to: a part that is equal has the same mistakes.

    Raises:
        Refused: A ``_target_`` names something that must not be built, or Hydra is set up.
    """
    plain: Any = OmegaConf.to_container(cfg, resolve=False)
    for key in powers_of(plain):
        raise Refused(f"{key}: {WHY_NOT_HYDRA}")
    allow = _allowed(plain)
    known = {} if known is None else known
    mistakes: list[ConfigError] = []
    # What its files say of plugins, too: an experiment's word is not known before it is composed.
    with allowing(allow):
        mistakes += _mistakes_of_top_level(cfg, plain, files, known)
        for part in filter(None, PARTS):
            content = repr((allow, plain.get(part)))
            look = partial(_mistakes_of_part, cfg, part, files)
            mistakes += _remembered((part, content, files), known, look)
    return mistakes or list(disagreements(cfg))


def _remembered(
    place: tuple[str, str, bool], known: Known, find: Callable[[], list[ConfigError]]
) -> list[ConfigError]:
    found = known.get(place)
    if found is None:
        found = find()
        if "${" not in _ENVIRONMENT.sub("", place[1]):  # which stands for what is elsewhere
            known[place] = found
    return found


def _mistakes_of_top_level(
    cfg: DictConfig, plain: dict[str, Any], files: bool, known: Known
) -> list[ConfigError]:
    """Look at key by key: of two runs of a sweep that differ, most differ here, by their seed."""
    (section,) = sections_of(cfg, "", [])
    mistakes = list(_unknown(section))
    for parameter in section.parameters:
        name = parameter.name
        content = repr(plain[name]) if name in plain else ""
        look = partial(_mistakes, section, plain, parameter, files)
        mistakes += _remembered((name, content, files), known, look)
    return mistakes


def _mistakes_of_part(cfg: DictConfig, part: str, files: bool) -> list[ConfigError]:
    mistakes: list[ConfigError] = []
    for section in sections_of(cfg, part, mistakes):
        mistakes += _unknown(section)
        written = _plain(section.node, resolve=False)
        for parameter in section.parameters:
            mistakes += _mistakes(section, written, parameter, files)
    return mistakes


def _mistakes(
    section: Section, plain: dict[str, Any], parameter: Parameter, files: bool
) -> list[ConfigError]:
    mistake = _mistake(section, plain, parameter, files)
    return [] if mistake is None else [mistake]


def _allowed(plain: Any) -> list[str] | None:
    """Return the distributions whose plugins a config allows; none where it is not to be read."""
    part = plain.get("plugins")
    allow = part.get("allow") if isinstance(part, dict) else part
    try:
        return checked(allow)
    except ConfigError:
        return []


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


def _mistake(
    section: Section, plain: dict[str, Any], parameter: Parameter, files: bool
) -> ConfigError | None:
    key = section.path(parameter.name)
    missing = OmegaConf.is_missing(section.node, parameter.name)
    if missing or (parameter.required and parameter.name not in section.node):
        return ConfigError(f"is required: {parameter.describe()}", key=key)
    if parameter.name not in section.node:
        return None
    # What an interpolation stands for may be a secret; messages show it as it is written.
    written = plain[parameter.name]
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
    refusal = _not_kept(value) or _NAMES.get(key, _any)(value)
    if refusal:
        return ConfigError(refusal, key=key, value=written)
    if files and key == "dataset.path" and isinstance(value, str) and not is_there(value):
        # The nearest file would tell what an interpolation stands for.
        known = written == value
        return no_such_file(value) if known else DataError("no such file", key=key, value=written)
    return None


def _any(value: Any) -> str | None:
    return None


def _folder(value: str) -> str | None:
    if not value.strip() or "\0" in value:
        return "must be the path of a folder"
    return None


_NAMES: dict[str, Callable[[Any], str | None]] = {
    "name": refused_name,
    "experiment_name": refused_name,
    "sweep.name": refused_name,
    "output_dir": _folder,
}
"""Why the text under a key names no file or folder."""


def _not_kept(value: Any) -> str | None:
    """Return why a value is not what it was once written to a file, or counted by torch."""
    if isinstance(value, list | tuple):
        return next((why for item in value if (why := _not_kept(item))), None)
    if isinstance(value, str):
        # PyYAML takes the one for the end of a line, and UTF-8 has none of the others.
        lost = next((sign for sign in value if sign == "\x85" or "\ud800" <= sign < "\ue000"), None)
        return f"has the character U+{ord(lost):04X} in it, which no file keeps" if lost else None
    great = isinstance(value, int) and not -(2**63) <= value < 2**63
    return "has more than 64 bits" if great else None


def _plain(value: Any, *, resolve: bool) -> Any:
    return OmegaConf.to_container(value, resolve=resolve) if OmegaConf.is_config(value) else value
