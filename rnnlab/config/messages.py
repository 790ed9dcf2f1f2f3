"""Hydra's and OmegaConf's complaints in one line each, with what would have been right."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from hydra.errors import (
    CompactHydraException,
    HydraException,
    MissingConfigException,
    OverrideParseException,
)
from omegaconf import DictConfig
from omegaconf.errors import (
    ConfigAttributeError,
    ConfigKeyError,
    OmegaConfBaseException,
    ValidationError,
)
from yaml import MarkedYAMLError, YAMLError  # type: ignore[import-untyped]

from rnnlab.config.keys import chosen_by
from rnnlab.config.options import groups, options
from rnnlab.errors import ConfigError, nearest, one_line

FAULTS = (
    HydraException,
    OmegaConfBaseException,
    YAMLError,
    ConfigError,
    OSError,
    UnicodeDecodeError,
)
"""What composing a config may raise when an override or a file is wrong."""

_TYPES = {"Integer": "an integer", "Float": "a number", "bool": "true or false"}

Explained = tuple[ConfigError, str | None]
"""What is wrong, and the override at fault if it is one."""


def explain(error: Exception, overrides: Sequence[str]) -> Explained:
    """Return what a failed composition says about its overrides and files.

    Args:
        error: One of :data:`FAULTS`.
        overrides: The overrides that were being composed.
    """
    if isinstance(error, OverrideParseException):
        return _unreadable(error), error.override
    if isinstance(error, MissingConfigException):
        return _unknown_option(error, overrides)
    if isinstance(error, MarkedYAMLError) and error.problem_mark is not None:
        place = f"{error.problem_mark.name}:{error.problem_mark.line + 1}"
        return ConfigError(f"{place}: broken YAML: {error.problem}"), None
    if isinstance(error, ConfigError):
        culprit = f"{error.key}={error.value}"
        return error, culprit if culprit in overrides else None
    cause = error.__cause__ if isinstance(error, CompactHydraException) else error
    culprit_or_none = _culprit(str(error), overrides)
    if isinstance(cause, ConfigAttributeError | ConfigKeyError) and cause.full_key:
        return _unknown_key(cause), culprit_or_none
    if isinstance(cause, ValidationError) and cause.full_key:
        return _wrong_type(cause), culprit_or_none
    return _other(error, culprit_or_none), culprit_or_none


def unknown_option(group: str, name: object, where: str = "") -> ConfigError:
    """Return the complaint about an option that a group does not have."""
    known = options(group)
    near = nearest(str(name), known)
    return ConfigError(f"is not an option{where}", key=group, value=name, valid=known, near=near)


def _unreadable(error: OverrideParseException) -> ConfigError:
    written = error.override
    if written != written.strip():
        return ConfigError(f"{written!r}: is not KEY=VALUE: there is a space around it")
    if not written:
        return ConfigError("'': is not KEY=VALUE: it is empty")
    if "missing EQUAL" in error.message:
        return ConfigError(f"{written}: has no value; write {written}=VALUE")
    # The rest of the message points at a place in the override, in lines of its own.
    found = re.search(r"(mismatched|no viable|extraneous|missing) [^\n]*", error.message)
    key, _, value = written.partition("=")
    why = ": ".join(["is not an override", *([one_line(found[0])[:200]] if found else [])])
    if not value:
        return ConfigError(why, key=written)
    if not re.search(r"['\"\\[{(]", value):
        why += f"; a text with signs of its own is written in quotes: \"{key}='{value[:200]}'\""
    return ConfigError(why, key=key, value=value)


def _unknown_option(error: MissingConfigException, overrides: Sequence[str]) -> Explained:
    group, _, name = (error.missing_cfg_file or "").partition("/")
    asked = (item for item in overrides if re.match(rf"\+*{re.escape(group)}=", item))
    culprit = next((item for item in asked if name in re.split(r"[=,\[\]\s]+", item)), None)
    where = "" if culprit else f" (in {_where(group, name, str(error), overrides)})"
    return unknown_option(group, name, where), culprit


def _unknown_key(cause: OmegaConfBaseException) -> ConfigError:
    full_key = str(cause.full_key)
    parent, _, name = full_key.rpartition(".")
    node = cause.parent_node
    keys = {str(key) for key in node} if isinstance(node, DictConfig) else set()
    keys -= {"_target_", "hydra"}
    if not parent:
        keys |= set(groups()) - {name}
    if not keys:
        return ConfigError(f"{parent} has no keys below it", key=full_key)
    near = nearest(name, keys)
    return ConfigError(
        f"is not a key of {parent or 'the config'}",
        key=full_key,
        valid=sorted(keys),
        near=f"{parent}.{near}" if near and parent else near,
    )


def _wrong_type(cause: ValidationError) -> ConfigError:
    message = str(cause).splitlines()[0]
    value: Any = cause.value
    if "not Optional" in message or "Non optional" in message:
        return ConfigError("must not be null", key=cause.full_key)
    wanted = re.search(r"could not be converted to (\w+)|is not a valid (\w+)", message)
    name = next((found for found in wanted.groups() if found), "") if wanted else ""
    why = f"must be {_TYPES[name]}" if name in _TYPES else message
    return ConfigError(why, key=cause.full_key, value=value)


def _other(error: Exception, culprit: str | None) -> ConfigError:
    message = " ".join(str(error).split())
    if "requires --multirun" in message or message.startswith("Ambiguous value"):
        why = "names several values where one run needs one; for a run of each, add -m"
        return ConfigError(f"{culprit}: {why}")
    added = culprit is None and re.search(r"Multiple values for ([\w/]+)\. .*: (\S+)'", message)
    if added:
        why = "has an option already; to choose another, write"
        return ConfigError(f"{why} {added[1]}={added[2]}", key=added[1])
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[0] if lines else type(error).__name__
    if text.startswith("Error merging override") and error.__cause__ is not None:
        text = next(iter(str(error.__cause__).splitlines()), text)
    if text.endswith("raised while composing config:"):
        # The next line says what, and only the next but two where.
        place = re.search(r"full_key: (\S+)", str(error))
        text = (
            text.partition(": ")[0] + ": " + ": ".join([*([place[1]] if place else []), lines[1]])
        )
    if isinstance(error, OmegaConfBaseException):
        return ConfigError(text, key=error.full_key)
    return ConfigError(f"{culprit}: {text}" if culprit else text)


def _culprit(message: str, overrides: Sequence[str]) -> str | None:
    """Return the override that a message of Hydra's is about."""
    first = message.partition("\n")[0]
    for item in overrides:
        key = item.partition("=")[0]
        if first.endswith(f" override {item}") or f"'{item}'" in first:
            return item
        if f"'{key.lstrip('+~')}'" in first:
            return item
    return None


def _where(group: str, name: str, message: str, overrides: Sequence[str]) -> str:
    """Return the file that chooses an option; Hydra blames the root for an experiment's choice."""
    for item in overrides:
        key, _, experiment = item.partition("=")
        if key == "experiment" and chosen_by(experiment).get(group) == name:
            return f"experiment/{experiment}.yaml"
    found = re.match(r"In '([^']+)'", message)
    return f"{found[1]}.yaml" if found else "the configs"
