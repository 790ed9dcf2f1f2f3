"""From a config to the parts that train: dataset, task, model, each checked against the other."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from omegaconf import DictConfig, OmegaConf

from rnnlab.config import build
from rnnlab.data.dataset import Dataset
from rnnlab.data.spec import DataSpec
from rnnlab.errors import ConfigError, enough_memory
from rnnlab.models.backbone import Backbone
from rnnlab.models.model import Model
from rnnlab.plugins.in_use import PluginInUse, plugins_in_use
from rnnlab.runs.memory import check_weights
from rnnlab.tasks.base import Task


@dataclass(frozen=True)
class Assembly:
    """What a config describes, built.

    Args:
        config: The resolved config.
        dataset: The data.
        task: The mapping.
        model: The network, with its initial weights.
        plugins: Which plugins these parts are from, as their files were just before.
    """

    config: DictConfig
    dataset: Dataset
    task: Task
    model: Model
    plugins: dict[str, PluginInUse] = field(default_factory=dict)

    @property
    def spec(self) -> DataSpec:
        """What the data is."""
        return self.model.spec


@enough_memory("the data and the model of this config")
def assemble(config: DictConfig) -> Assembly:
    """Build dataset, task and model of a config; the seed decides the initial weights.

    Raises:
        ConfigError: A part cannot be built, or the task does not fit the data or the backbone.
        RunFailed: There is not enough memory for it.
    """
    # Now, for the modules have just been imported, and reading the data may take a while.
    plain: Any = OmegaConf.to_container(config, resolve=False)
    plugins = plugins_in_use(plain)
    dataset = build.dataset(config)
    task = fitting_task(config, dataset.spec)
    check_weights(lambda: build_model(config, task, dataset.spec))
    seed_everything(int(config.seed))
    model = build_model(config, task, dataset.spec)
    check_truncation(config, task, model, dataset.spec)
    return Assembly(config, dataset, task, model, plugins)


def fitting_task(config: DictConfig, spec: DataSpec) -> Task:
    """Return the task of a config for some data.

    Raises:
        ConfigError: It cannot be built, or does not take the data.
    """
    task = build.task(config)
    reason = task.refusal(spec)
    if reason is not None:
        # A task may also refuse data of the very mapping that it is named for.
        suited = f"; such data is made for task={spec.mapping}"
        name = config.choices.task
        raise ConfigError(reason + suited * (name != spec.mapping), key="task", value=name)
    return task


def build_model(config: DictConfig, task: Task, spec: DataSpec) -> Model:
    """Return the model of a config for some data, on the device that torch is set to."""
    return task.build_model(spec, build.backbone_factory(config))


def seed_everything(seed: int) -> None:
    """Seed Python, numpy and torch."""
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002  (libraries that a plugin uses may read it)
    torch.manual_seed(seed)


def check_truncation(config: DictConfig, task: Task, model: Model, spec: DataSpec) -> None:
    """Check that a model can be trained in chunks of time, where the config or the data want it.

    Raises:
        ConfigError: It cannot.
    """
    steps = config.trainer.truncate_steps
    one_way = all(part.causal for part in model.modules() if isinstance(part, Backbone))
    if spec.stream and not one_way:
        raise ConfigError(
            "a stream is read in chunks, and a backward direction cannot start where the next "
            "chunk has not been read",
            key="backbone.bidirectional",
            value="true",
        )
    if steps is None:
        return
    if task.truncation_refusal is not None:
        raise ConfigError(task.truncation_refusal, key="trainer.truncate_steps", value=steps)
    if not one_way:
        raise ConfigError(
            "truncation carries the state forward from chunk to chunk; a backward direction "
            "has nothing to start from",
            key="trainer.truncate_steps",
            value=steps,
        )
