"""Whether the parts of many runs can be made and fit together, each made once.

A run's own check builds everything that it consists of. Of a thousand runs most parts are equal, so
a part is made once for all the values that it depends on: the data once for each ``dataset``, a
model once for each task, backbone and cell on the same data, on torch's ``meta`` device, where it
costs no memory and no random numbers. In earnest a model is made once for each combination of
classes, and wherever ``meta`` refuses: initial weights are drawn by the classes' own code, which is
the same whatever the values.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf
from torch import nn

from rnnlab.config import build
from rnnlab.data.dataset import Dataset
from rnnlab.errors import ConfigError, RunFailed, enough_memory
from rnnlab.plugins.in_use import targets
from rnnlab.runs.assemble import Assembly, build_model, check_truncation, fitting_task
from rnnlab.runs.initial_weights import find_initial_weights
from rnnlab.runs.memory import check_weights
from rnnlab.runs.record import check_tracking
from rnnlab.runs.trainer import (
    LIGHTNING,
    check_batches,
    check_optimization,
    count_processes,
)
from rnnlab.sweeps.combinations import Combination
from rnnlab.sweeps.mistakes import Mistakes

Key = tuple[str, str]
"""Which part: its kind, and all values that it depends on."""

_MODEL = ("dataset", "task", "backbone", "cell", "choices.task", "trainer.truncate_steps")
_NEEDS = {
    "tracking": ("tracking", "output_dir"),
    "machine": tuple(f"trainer.{name}" for name in LIGHTNING),
    "dataset": ("dataset",),
    "model": _MODEL,
    "batches": ("trainer",),
    "optimization": ("optimizer", "scheduler"),
    "initial": ("init_from", "output_dir", "experiment_name", "name"),
}
"""The values that each kind of part depends on, besides what it is made of."""

_OF = {"batches": "dataset", "optimization": "model", "initial": "model"}
"""Of which other kind of part, where that is not part of the values."""

_ROOT: Key = ("", "")
_BELOW = {
    "": ("tracking", "machine", "dataset"),
    "dataset": ("model",),
    "model": ("batches", "optimization", "initial"),
}
"""Which kinds are made of which."""


class Trial:
    """Makes the parts of runs, and keeps of them what tells runs apart.

    Args:
        lasting: Whether runs are added and examined again and again; then the data that was read
            last is kept.
        here: Whether this machine executes the runs: it then needs the devices that they want.
    """

    def __init__(self, *, lasting: bool = False, here: bool = True) -> None:
        self._lasting, self._here = lasting, here
        self._last_data: tuple[Key, object] | None = None
        self._values: dict[Key, dict[str, Any]] = {}
        self._runs: defaultdict[Key, list[Combination]] = defaultdict(list)
        self._below: defaultdict[Key, dict[Key, None]] = defaultdict(dict)
        self._done: set[Key] = set()
        self._made_in_earnest: set[tuple[str, ...]] = set()
        self._data: dict[Key, str] = {}
        self._monitors: dict[Key, tuple[str, str]] = {}
        self._initial: dict[Key, tuple[str, dict[str, Any]]] = {}

    def add(self, plain: Mapping[str, Any], run: Combination) -> None:
        """Note the parts of a run.

        Args:
            plain: Its config as plain values.
            run: Which it is.
        """
        for kind, kinds in _BELOW.items():
            above = _key(kind, plain) if kind else _ROOT
            for part in kinds:
                if part == "initial" and plain["init_from"] is None:
                    continue
                key = _key(part, plain)
                if key not in self._values:
                    self._values[key] = _needed(part, plain)
                self._runs[key].append(run)
                self._below[above][key] = None

    def examine(self, mistakes: Mistakes) -> None:
        """Make every part that was added since; add to ``mistakes`` what cannot be made.

        Raises:
            RunFailed: A model or its data does not fit into memory.
            StorageError: The tracking store cannot be used.
        """
        for part in self._below[_ROOT]:
            self._visit(part, None, mistakes)
        for noted in (self._values, self._runs, self._below, self._done):
            noted.clear()

    def data_sha256(self, plain: Mapping[str, Any]) -> str:
        """Return the hash of the data of a run that was examined."""
        return self._data[_key("dataset", plain)]

    def monitored(self, plain: Mapping[str, Any]) -> tuple[str, str]:
        """Return the score that picks the best checkpoint of a run that was examined, and how."""
        return self._monitors[_key("model", plain)]

    def initial_weights(self, plain: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
        """Return where a run that was examined starts from, and what is known of it; or None."""
        return None if plain["init_from"] is None else self._initial[_key("initial", plain)]

    def _visit(self, part: Key, above: Any, mistakes: Mistakes) -> None:
        if part in self._done:
            return
        self._done.add(part)
        runs = self._runs[part]
        try:
            made = self._make(part, OmegaConf.create(self._values[part]), above)
        except ConfigError as error:
            mistakes.add(error, runs)
            return
        except RunFailed as error:
            raise type(error)(f"{error} ({runs[0]})" if str(runs[0]) else str(error)) from error
        for below in self._below.get(part, ()):
            self._visit(below, made, mistakes)

    @enough_memory("the data and the model of this config")
    def _make(self, part: Key, config: DictConfig, above: Any) -> object:
        kind, _ = part
        if kind == "machine" and not self._here:
            config.trainer.accelerator, config.trainer.devices = "cpu", 1
        if kind == "dataset":
            return self._dataset(part, config)
        if kind == "model":
            made = self._model(config, above)
            self._monitors[part] = made.task.monitor(made.spec)
            return made
        if kind == "initial":
            found = find_initial_weights(replace(above, config=config))
            assert found is not None
            written: Any = OmegaConf.to_container(config, resolve=False)
            self._initial[part] = (written["init_from"], found.origin)
            return None
        return _CHECKS[kind](config, above)

    def _dataset(self, part: Key, config: DictConfig) -> object:
        if self._last_data is not None and self._last_data[0] == part:
            return self._last_data[1]
        dataset = build.dataset(config)
        self._data[part] = dataset.sha256()
        if self._lasting:
            self._last_data = (part, dataset)
        return dataset

    def _model(self, config: DictConfig, dataset: Dataset) -> Assembly:
        task = fitting_task(config, dataset.spec)
        model = check_weights(lambda: build_model(config, task, dataset.spec))
        classes = tuple(targets({name: config[name] for name in ("task", "backbone", "cell")}))
        if model is None or classes not in self._made_in_earnest:
            model = build_model(config, task, dataset.spec)
            self._made_in_earnest.add(classes)
        check_truncation(config, task, model, dataset.spec)
        return Assembly(config, dataset, task, model)


def _check_optimization(config: DictConfig, made: Assembly) -> None:
    # An optimizer may refuse weights on meta that it takes on a real device; it does not ask what
    # they are.
    check_optimization(
        config,
        [
            nn.Parameter(torch.empty(weight.shape, dtype=weight.dtype), weight.requires_grad)
            for weight in made.model.parameters()
        ],
    )


_CHECKS: dict[str, Callable[[DictConfig, Any], object]] = {
    "tracking": lambda config, _: check_tracking(config),
    "machine": lambda config, _: count_processes(config),
    "batches": lambda config, made: check_batches(replace(made, config=config)),
    "optimization": _check_optimization,
}


def _key(kind: str, plain: Mapping[str, Any]) -> Key:
    made_of = _key(_OF[kind], plain)[1] if kind in _OF else ""
    return kind, made_of + repr(_needed(kind, plain))


def _needed(kind: str, plain: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a config that a kind of part depends on."""
    found: dict[str, Any] = {"seed": 0}  # asked for, and of no consequence
    for name in _NEEDS[kind]:
        section, _, key = name.partition(".")
        if key:
            found.setdefault(section, {})[key] = plain[section][key]
        else:
            found[section] = plain[section]
    return found
