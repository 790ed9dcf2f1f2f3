"""Many configs that differ in values, each as Hydra would compose it and much faster.

Hydra reads files, and decides which, for 100 ms or so a config. That depends on the overrides that
choose options of groups and on nothing else; all others it applies to what it has read, one after
the other. Here the files are read once for each set of choices, and the others are applied to a
copy, by Hydra's own function.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.types import Override
from hydra.types import RunMode
from omegaconf import DictConfig

from rnnlab.config.allow_list import allow_list
from rnnlab.config.compose import (
    chosen_lists,
    complete,
    compose_files,
    hydra_session,
    parse,
    said,
)

_Choices = tuple[tuple[str, ...], tuple[str, ...] | None]
_Base = tuple[DictConfig, dict[str, Any]]


class Composer:
    """Composes configs, as :func:`rnnlab.config.compose.load` does, and remembers what it read.

    What is in a file is believed to stay as it is for as long as the composer is used.
    """

    def __init__(self) -> None:
        self._parsed: dict[str, list[Override]] = {}
        self._groups: dict[str, bool] = {}
        self._allow_lists: dict[str, list[str] | None] = {}
        self._bases: dict[_Choices, _Base | Exception] = {}

    def load(self, overrides: Sequence[str]) -> DictConfig:
        """Return the config of some overrides; what it says of several runs is in it.

        Raises:
            Exception: What Hydra raises for them.
        """
        parsed = parse(overrides, self._parsed)
        lists = chosen_lists(parsed)
        allow = self._allowed(said(parsed))
        ConfigLoaderImpl.validate_sweep_overrides_legal(parsed, RunMode.RUN, from_shell=False)
        choosing = [item for item in parsed if self._chooses(item)]
        files, chosen = self._base(choosing, allow)
        cfg = files.copy()
        applied = [item for item in parsed if not self._chooses(item)]
        ConfigLoaderImpl._apply_overrides_to_config(applied, cfg)
        return complete(cfg, {**lists, **chosen})

    def _allowed(self, said: dict[str, Any]) -> list[str] | None:
        written = repr(said)
        if written not in self._allow_lists:
            self._allow_lists[written] = allow_list(said)
        return self._allow_lists[written]

    def _chooses(self, override: Override) -> bool:
        """Whether Hydra takes an override as the choice of an option, or of none."""
        group = override.key_or_group
        if group not in self._groups:
            with hydra_session():
                loader = GlobalHydra.instance().config_loader()
                assert isinstance(loader, ConfigLoaderImpl)
                self._groups[group] = loader.repository.group_exists(group)
        return self._groups[group] and not isinstance(override.value(), dict)

    def _base(self, choosing: Sequence[Override], allow: list[str] | None) -> _Base:
        written = tuple(str(item.input_line) for item in choosing)
        place = (written, None if allow is None else tuple(allow))
        if place not in self._bases:
            try:
                self._bases[place] = compose_files(written, allow)
            except Exception as error:
                # It is as wrong for all that choose the same.
                self._bases[place] = error
        found = self._bases[place]
        if isinstance(found, Exception):
            raise found.with_traceback(None)
        return found
