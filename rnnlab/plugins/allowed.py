"""Which plugins may be used: all, none, or those that a list names.

Both are in force before anything of a plugin is imported.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from rnnlab.plugins.installed import Component, canonical

DISABLED = "RNNLAB_DISABLE_PLUGINS"
"""The environment variable that leaves only what is rnnlab's own, unless empty, 0 or false."""

_allowed: ContextVar[frozenset[str] | None] = ContextVar("allowed", default=None)


@contextmanager
def allowing(distributions: Iterable[str] | None) -> Iterator[None]:
    """Let only plugins of some distributions be used, for as long as the context lasts.

    Args:
        distributions: Their names; None for no restriction beyond the one that is in force.
    """
    names = None if distributions is None else frozenset(map(canonical, distributions))
    outer = _allowed.get()
    token = _allowed.set(names if outer is None else outer if names is None else outer & names)
    try:
        yield
    finally:
        _allowed.reset(token)


def disabled() -> bool:
    """Return whether the environment switches all plugins off."""
    return os.environ.get(DISABLED, "").strip().lower() not in ("", "0", "false", "no", "off")


def refusal(component: Component) -> str | None:
    """Return why a component may not be used, or None where it may."""
    if component.own:
        return None
    whose = f"belongs to {component.distribution}"
    if disabled():
        return f"{whose}, and plugins are disabled by {DISABLED}"
    names = _allowed.get()
    if names is not None and component.distribution not in names:
        listed = ", ".join(sorted(names)) or "none"
        return f"{whose}, which is not among the allowed plugins (plugins.allow: {listed})"
    return None
