"""The config of a run folder, which may be anybody's: read, and checked like one just composed."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig

from rnnlab.config.interpolation import check_expansion
from rnnlab.config.validate import mistakes_of
from rnnlab.errors import ConfigError, Refused, together
from rnnlab.plugins.reading import read_yaml


def read_stored(path: Path) -> DictConfig:
    """Return the config in a file that a run wrote, with every value and target checked again.

    Whether its data is still there is not looked at: to predict needs none.

    Raises:
        ConfigError: It cannot be read, or values are wrong; the message names the file.
        Refused: It would run code that it should not.
    """
    config = read_yaml(path)
    try:
        check_expansion(config)
        mistakes = mistakes_of(config, files=False)
    except (ConfigError, Refused) as error:
        raise type(error)(f"{path}: {error}") from error
    wrong = together([ConfigError(f"{path}: {mistake}") for mistake in mistakes])
    if wrong is not None:
        raise wrong
    return config
