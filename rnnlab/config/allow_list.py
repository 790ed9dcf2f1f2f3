"""Which plugins a config allows, known before it is composed: composing imports what is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnnlab.config.keys import defaults, read_plain
from rnnlab.config.options import own_files
from rnnlab.errors import ConfigError

KEY = "plugins.allow"


def allow_list(overrides: Mapping[str, Any] | None = None) -> list[str] | None:
    """Return the distributions whose plugins may be used; None for all that are installed.

    Args:
        overrides: What a command line says, by key; a group's option is under the group's name.

    Raises:
        ConfigError: It is no list of names.
    """
    said = overrides or {}
    option = said.get("plugins", defaults().get("plugins"))
    path = own_files("plugins").get(str(option))
    allow = read_plain(path).get("allow") if path else None
    return checked(said.get(KEY, allow))


def checked(allow: object) -> list[str] | None:
    """Return an allow-list.

    Raises:
        ConfigError: It is no list of names, or one that only an interpolation leads to.
    """
    if allow is None or (isinstance(allow, list) and all(isinstance(it, str) for it in allow)):
        return allow
    why = "must be null, for all, or a list of packages, such as [rnnlab-mingru]"
    raise ConfigError(why, key=KEY, value=allow)
