"""Reading a YAML config that may be anybody's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from rnnlab.errors import ConfigError
from rnnlab.plugins.bounded import measure, read_text


def read_yaml(path: Path) -> DictConfig:
    """Return the mapping in a YAML file; an empty file is an empty mapping.

    Raises:
        ConfigError: It cannot be read, is no mapping, or is larger or deeper than any config; the
            message names the file and, where there is one, the line.
    """
    return parse_yaml(read_text(path), str(path))


def parse_yaml(text: str, name: str) -> DictConfig:
    """Return the mapping in a YAML text.

    Args:
        text: The text.
        name: Its file, for messages.

    Raises:
        ConfigError: As :func:`read_yaml`.
    """
    try:
        measure(text, name)
        content = OmegaConf.create(text) if text.strip() else OmegaConf.create({})
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{name}:{mark.line + 1}" if mark is not None else name
        raise ConfigError(f"{place}: broken YAML: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{name}: broken YAML: {_first_line(error)}") from error
    except OmegaConfBaseException as error:
        raise ConfigError(f"{name}: is no config: {_first_line(error)}") from error
    except ConfigError:
        raise
    except Exception as error:
        # A tag such as !!bool before what is none, or a number of 5,000 digits: PyYAML lets
        # through whatever int(), a dictionary or a match that is None raises.
        raise ConfigError(f"{name}: broken YAML: {_first_line(error)}") from error
    if not isinstance(content, DictConfig):
        raise ConfigError(f"{name}: is no config: it must be a mapping of keys to values")
    return content


def _first_line(error: Exception) -> Any:
    return next(iter(str(error).splitlines()), type(error).__name__)
