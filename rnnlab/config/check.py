"""One config out of overrides, with every mistake of its composition and of its values told."""

from __future__ import annotations

from collections.abc import Sequence

from omegaconf import DictConfig

from rnnlab.config.compose import attempt
from rnnlab.config.validate import mistakes_of
from rnnlab.errors import together


def checked(overrides: Sequence[str] = ()) -> DictConfig:
    """Return the config that some overrides ask for, composed and valid.

    Where an override cannot be composed, the values of what remains are looked at all the same.

    Raises:
        ConfigError: There is one mistake; a ``ConfigErrors`` when there are several.
        Refused: Something would run code that it should not.
    """
    cfg, mistakes = attempt(overrides)
    if cfg is not None:
        # What is left out for its mistake is not missing: it is told already.
        told = {name for mistake in mistakes for name in (mistake.key, mistake.near)}
        mistakes += [mistake for mistake in mistakes_of(cfg) if mistake.key not in told]
    if (mistake := together(mistakes)) is not None:
        raise mistake
    assert cfg is not None
    return cfg
