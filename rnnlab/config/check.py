"""One config out of overrides, with every mistake of its composition and of its values told."""

from __future__ import annotations

from collections.abc import Sequence

from omegaconf import DictConfig

from rnnlab.config.compose import Load, attempt, load
from rnnlab.config.sweeping import take_out
from rnnlab.config.validate import Known, mistakes_of
from rnnlab.errors import ConfigError, together


def checked(overrides: Sequence[str] = ()) -> DictConfig:
    """Return the config that some overrides ask for, composed and valid.

    Where an override cannot be composed, the values of what remains are looked at all the same.

    Raises:
        ConfigError: There is one mistake; a ``ConfigErrors`` when there are several.
        Refused: Something would run code that it should not.
    """
    cfg, mistakes = examined(overrides)
    if (mistake := together(mistakes)) is not None:
        raise mistake
    assert cfg is not None
    take_out(cfg)
    return cfg


def examined(
    overrides: Sequence[str],
    load: Load = load,
    *,
    several: bool = False,
    known: Known | None = None,
) -> tuple[DictConfig | None, list[ConfigError]]:
    """Return what can be composed of some overrides, and every mistake.

    Args:
        overrides: Hydra's override syntax.
        load: Composes; see :func:`rnnlab.config.compose.attempt`.
        several: Whether this is one run of several; what the config says of them is in it.
        known: Mistakes of parts of configs that were looked at before.

    Raises:
        Refused: Something would run code that it should not.
    """
    cfg, mistakes = attempt(overrides, load, several=several)
    if cfg is not None:
        # What is left out for its mistake is not missing: it is told already.
        told = {name for mistake in mistakes for name in (mistake.key, mistake.near)}
        found = mistakes_of(cfg, known=known)
        mistakes += [mistake for mistake in found if mistake.key not in told]
    return cfg, mistakes
