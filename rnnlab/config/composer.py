"""Many configs that differ in values, each as Hydra would compose it and much faster.

Hydra reads files, and decides which, for 100 ms or so a config. That depends on the overrides that
choose options of groups and on nothing else; all others it applies to what it has read, one after
the other. Here the files are read once for each set of choices, and the others are applied to a
copy, by Hydra's own function. Where no interpolation has to do with them, to a copy in which all
interpolations are resolved already.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.types import Override
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from rnnlab.config.allow_list import allow_list
from rnnlab.config.compose import complete, compose_files, conform, hydra_session
from rnnlab.config.options import groups
from rnnlab.config.parsing import chosen_lists, parse, said

_PLAIN_KEY = re.compile(r"[\w.]+")
_Choices = tuple[tuple[str, ...], tuple[str, ...] | None]


@dataclass(frozen=True)
class _Base:
    """What one set of choices gives; configs pickled, for OmegaConf copies them three times slower.

    Args:
        files: What was read.
        chosen: The option chosen in each group.
        completed: The same, completed; None where that does not help.
        keys: The keys at the top level of what was read.
        references: What interpolations refer to.
    """

    files: bytes
    chosen: dict[str, Any]
    completed: bytes | None = None
    keys: frozenset[str] = frozenset()
    references: frozenset[str] = frozenset()


class Composer:
    """Composes configs, as :func:`rnnlab.config.compose.load` does, and remembers what it read.

    What is in a file is believed to stay as it is for as long as the composer is used.
    """

    def __init__(self) -> None:
        self._parsed: dict[str, list[Override]] = {}
        self._known_groups = groups()
        self._groups: dict[str, bool] = {}
        self._allow_lists: dict[str, list[str] | None] = {}
        self._bases: dict[_Choices, _Base | Exception] = {}

    def load(self, overrides: Sequence[str]) -> DictConfig:
        """Return the config of some overrides; what it says of several runs is in it.

        Raises:
            Exception: What Hydra raises for them.
        """
        parsed = parse(overrides, self._parsed)
        lists = chosen_lists(parsed, self._known_groups)
        allow = self._allowed(said(parsed))
        ConfigLoaderImpl.validate_sweep_overrides_legal(parsed, RunMode.RUN, from_shell=False)
        base = self._base([item for item in parsed if self._chooses(item)], allow)
        applied = [item for item in parsed if not self._chooses(item)]
        plain = not lists and all(_is_plain(item, base) for item in applied)
        if plain and base.completed is not None:
            cfg = _copy(base.completed)
            ConfigLoaderImpl._apply_overrides_to_config(applied, cfg)
            conform(cfg, {item.key_or_group.partition(".")[0] for item in applied})
            return cfg
        cfg = _copy(base.files)
        ConfigLoaderImpl._apply_overrides_to_config(applied, cfg)
        return complete(cfg, {**lists, **base.chosen})

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
                self._bases[place] = _read(written, allow)
            except Exception as error:
                # It is as wrong for all that choose the same.
                self._bases[place] = error
        found = self._bases[place]
        if isinstance(found, Exception):
            raise found.with_traceback(None)
        return found


def _read(choosing: Sequence[str], allow: list[str] | None) -> _Base:
    files, chosen = compose_files(choosing, allow)
    read, references = pickle.dumps(files), _references(files)
    # These two are made of what the overrides leave.
    keys = frozenset(map(str, files)) - {"choices", "experiment_name"}
    if references is None:
        return _Base(read, chosen)
    try:
        completed = complete(files, chosen)
    except Exception:
        # An override may still make it right; where none does, it is told.
        return _Base(read, chosen)
    return _Base(read, chosen, pickle.dumps(completed), keys, references)


def _copy(pickled: bytes) -> DictConfig:
    config = pickle.loads(pickled)
    assert isinstance(config, DictConfig)
    return config


def _references(files: DictConfig) -> frozenset[str] | None:
    """Return every word that interpolations use, keys among them; None where a key is relative."""
    found: set[str] = set()
    for text in _texts(OmegaConf.to_container(files, resolve=False)):
        if "${" in text:
            if re.search(r"\$\{\s*\.|\[", text):
                return None
            found.update(re.findall(r"[\w.]+", text))
    return frozenset(found)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def _is_plain(override: Override, base: _Base) -> bool:
    """Whether an override changes a part that is there, and no interpolation has to do with it."""
    key, parts = override.key_or_group, override.key_or_group.split(".")
    if parts[0] not in base.keys or not _PLAIN_KEY.fullmatch(key):
        return False
    around = {".".join(parts[: length + 1]) for length in range(len(parts))}
    named = around & base.references or any(it.startswith(f"{key}.") for it in base.references)
    return not named and "${" not in str(override.input_line)
