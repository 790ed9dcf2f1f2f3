"""Resolving a config, all but its secrets."""

from __future__ import annotations

import re
from typing import Any

from omegaconf import Container, DictConfig, ListConfig, OmegaConf
from omegaconf.errors import InterpolationResolutionError
from omegaconf.resolvers import oc


def settle(cfg: Container) -> None:
    """Replace every interpolation by its value, in place.

    One that reads the environment, by itself or through another, stays as it is written: it may
    be a secret, and must not reach files, fingerprints or messages.

    Raises:
        InterpolationResolutionError: An interpolation leads nowhere.
    """
    asked: list[object] = []

    def refuse(*name: object) -> None:
        asked.append(name)
        raise LookupError

    OmegaConf.register_new_resolver("oc.env", refuse, replace=True)
    try:
        _settle(cfg, asked)
    finally:
        OmegaConf.register_new_resolver("oc.env", oc.env, replace=True)


def _settle(node: Container, asked: list[object]) -> None:
    keys: Any = range(len(node)) if isinstance(node, ListConfig) else list(node)
    for key in keys:
        child: Any = node._get_node(key)
        if child._is_interpolation():
            asked.clear()
            try:
                node[key] = _literal(node[key])
            except InterpolationResolutionError:
                if not asked:
                    raise
                continue
            child = node._get_node(key)
        if isinstance(child, DictConfig | ListConfig) and not (
            child._is_none() or child._is_missing()
        ):
            _settle(child, asked)


def _literal(value: Any) -> Any:
    """Return a resolved value such that it is not resolved once more: ``${`` in it is escaped."""
    if not isinstance(value, str):
        return value
    return re.sub(r"(\\*)\$\{", lambda found: rf"{2 * found[1]}\${{", value)
