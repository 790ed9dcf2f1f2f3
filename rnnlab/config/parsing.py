"""Reading overrides as Hydra does, before anything is composed of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override

from rnnlab.config.messages import FAULTS, unknown_option
from rnnlab.errors import ConfigError, Refused


def parse(
    overrides: Iterable[str], known: dict[str, list[Override]] | None = None
) -> list[Override]:
    """Return overrides as Hydra reads them.

    Args:
        overrides: Hydra's override syntax.
        known: Those that were read already, added to.

    Raises:
        ConfigError: One is no text that could be written to a file.
        OverrideParseException: One cannot be read.
    """
    known = {} if known is None else known
    return [parsed for item in overrides for parsed in _parsed(item, known)]


def _parsed(item: str, known: dict[str, list[Override]]) -> list[Override]:
    if item not in known:
        key, _, value = item.partition("=")
        if not item.isprintable() and any("\ud800" <= sign <= "\udfff" for sign in item):
            raise ConfigError("is not UTF-8", key=key, value=value)
        with as_a_fault("cannot be read", key=key, value=value):
            known[item] = OverridesParser.create().parse_overrides([item])
    return known[item]


def said(overrides: Iterable[Override]) -> dict[str, Any]:
    """Return what overrides say of which plugins may be used."""
    return {
        str(item.key_or_group): None if item.is_delete() else item.value()
        for item in overrides
        if item.key_or_group in ("plugins", "plugins.allow") and not item.is_sweep_override()
    }


def chosen_lists(overrides: list[Override], known: Sequence[str]) -> dict[str, list[Any]]:
    """Return the groups for which several options are chosen, which Hydra forgets.

    Args:
        overrides: As Hydra reads them.
        known: The groups that there are.

    Raises:
        ConfigError: What is chosen in a group is no name, or an override has no key.
    """
    lists = {}
    for override in overrides:
        group = override.key_or_group
        if not group:
            raise ConfigError(f"{override.input_line}: has no key")
        if group not in known or override.is_delete() or override.is_sweep_override():
            continue
        value = override.value()
        if isinstance(value, list) and group == "callbacks":
            lists[group] = value
        elif isinstance(value, list):
            shown = str(override.input_line).partition("=")[2]
            raise ConfigError("takes one option, not a list", key=group, value=shown)
        elif not isinstance(value, str):
            raise unknown_option(group, str(override.input_line).partition("=")[2])
    return lists


@contextmanager
def as_a_fault(why: str, **place: str) -> Iterator[None]:
    """Let only :data:`FAULTS` and refusals out of what works on a user's text.

    Hydra asserts and converts as it goes: a number of 5,000 digits is a ValueError of int(), a
    defaults list with a number in it a TypeError.
    """
    try:
        yield
    except (*FAULTS, Refused):
        raise
    except Exception as error:
        said = next(iter(str(error).splitlines()), "")
        raise ConfigError(f"{why}: {type(error).__name__}: {said}".rstrip(": "), **place) from error
