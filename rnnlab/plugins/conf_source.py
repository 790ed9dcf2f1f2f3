"""How Hydra reaches the folders of YAML configs: files that are bounded, and that set up nothing.

What stands under ``hydra`` in a config is as powerful as code: it names search paths, environment
variables, and classes that logging calls. rnnlab needs none of it, and no config may have any.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hydra._internal.core_plugins.file_config_source import FileConfigSource
from hydra.plugins.config_source import ConfigResult, ConfigSource
from omegaconf import DictConfig, OmegaConf

from rnnlab.errors import ConfigError, Refused
from rnnlab.plugins.bounded import read_text
from rnnlab.plugins.reading import parse_yaml

_SEPARATORS = re.compile(r"[/@.:\s\[\]]+")


class ConfSource(FileConfigSource):
    """A folder of YAML files, none of which is read from outside of it: ``conf:///folder``."""

    @staticmethod
    def scheme() -> str:
        """Return what its addresses begin with."""
        return "conf"

    def is_group(self, config_path: str) -> bool:
        """Return whether the path is a folder below this one."""
        return self._inside(config_path).is_dir() and not _leaves(config_path)

    def is_config(self, config_path: str) -> bool:
        """Return whether the path is a YAML file below this folder."""
        path = self._inside(self._normalize_file_name(config_path))
        return path.is_file() and not _leaves(config_path)

    def load_config(self, config_path: str) -> ConfigResult:
        """Read one file.

        Raises:
            ConfigError: It cannot be read as a config.
            Refused: It sets up Hydra itself.
        """
        path = self._inside(self._normalize_file_name(config_path))
        text = read_text(path)
        try:
            header = ConfigSource._get_header_dict(text[:512])
        except ValueError as error:
            raise ConfigError(f"{path}: {error}; write: # @package _global_") from error
        config = parse_yaml(text, str(path))
        for key in powers(config, config_path, header.get("package") or ""):
            raise Refused(f"{path}: {key}: {WHY_NOT_HYDRA}")
        return ConfigResult(
            provider=self.provider, path=self.full_path(), config=config, header=header
        )

    def _inside(self, config_path: str) -> Path:
        return Path(self.path, config_path.lstrip("/"))


WHY_NOT_HYDRA = "sets up Hydra itself, which can run code; rnnlab allows none of it"


def names_hydra(text: str) -> bool:
    """Return whether a key, a group or a package is Hydra's own or lies below it.

    Args:
        text: For example ``hydra.run.dir``, ``override /hydra/launcher`` or ``cell@hydra.job``.
    """
    return "hydra" in _SEPARATORS.split(text.replace("'", "").replace('"', ""))


def powers(config: DictConfig, config_path: str = "", package: str = "") -> Iterator[str]:
    """Give the places at which a file's content would set up Hydra.

    Args:
        config: The content of the file.
        config_path: Its place in the folder; one in a group of Hydra's replaces Hydra's own.
        package: Where its content goes.
    """
    if names_hydra(config_path):
        yield config_path
    if names_hydra(package):
        yield f"@package {package}"
    yield from powers_of(OmegaConf.to_container(config, resolve=False))


def powers_of(plain: Any) -> Iterator[str]:
    """Give the places at which plain values would set up Hydra, as a file of configs."""
    if not isinstance(plain, Mapping):
        return
    yield from (str(key) for key in plain if names_hydra(str(key)))
    defaults = plain.get("defaults")
    for entry in defaults if isinstance(defaults, list) else [defaults]:
        # An entry is an option's path, or a group with its option.
        named = list(entry) if isinstance(entry, Mapping) else [entry]
        yield from (f"defaults: {item}" for item in named if names_hydra(str(item)))


def _leaves(config_path: str) -> bool:
    """Whether a path climbs; what lies elsewhere is no option of a group."""
    return ".." in Path(config_path).parts
