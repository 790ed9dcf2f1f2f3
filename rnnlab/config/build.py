"""From a checked config to objects: the only place where a config decides what is called."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from inspect import signature
from typing import TYPE_CHECKING, Any, cast

from omegaconf import DictConfig, OmegaConf

from rnnlab.cells.base import Cell
from rnnlab.config.sections import callback_nodes
from rnnlab.config.targets import target
from rnnlab.data.dataset import Dataset
from rnnlab.errors import ConfigError, MissingPackage, RnnlabError
from rnnlab.models.backbone import Backbone, BackboneFactory
from rnnlab.plugins.signature import parameters
from rnnlab.tasks.base import Task

if TYPE_CHECKING:
    from pytorch_lightning import Callback
    from torch import nn
    from torch.optim import Optimizer
    from torch.optim.lr_scheduler import LRScheduler


def dataset(cfg: DictConfig) -> Dataset:
    """Return the dataset of a config, read or generated and split."""
    return cast(Dataset, _build(cfg.dataset, "dataset"))


def task(cfg: DictConfig) -> Task:
    """Return the task mapping of a config."""
    return cast(Task, _build(cfg.task, "task"))


def cell_factory(cfg: DictConfig) -> Callable[[int], Cell]:
    """Return what makes the cell of a config for F input features."""
    return lambda input_size: cast(Cell, _build(cfg.cell, "cell", input_size=input_size))


def backbone_factory(cfg: DictConfig) -> BackboneFactory:
    """Return what makes the backbone of a config, and its cells, for E input features."""
    cls = target(cfg.backbone, "backbone")
    accepted = signature(cls).parameters

    def make(input_size: int, *, causal: bool = False) -> Backbone:
        given: dict[str, Any] = {"input_size": input_size}
        if "cell" in accepted:
            given["cell"] = cell_factory(cfg)
        if causal and "bidirectional" in accepted:
            given["bidirectional"] = False
        return cast(Backbone, _build(cfg.backbone, "backbone", **given))

    return make


def optimizer(cfg: DictConfig, params: Iterable[nn.Parameter]) -> Optimizer:
    """Return the optimizer of a config for some parameters."""
    return cast("Optimizer", _build(cfg.optimizer, "optimizer", params=params))


def scheduler(cfg: DictConfig, optimizer: Optimizer, mode: str = "min") -> LRScheduler | None:
    """Return the learning-rate scheduler of a config, or None where it asks for none.

    Args:
        cfg: The config.
        optimizer: Whose learning rate changes.
        mode: Whether the monitored score is better when smaller, ``min``, or greater, ``max``;
            for schedulers that look at it.
    """
    if not cfg.scheduler:
        return None
    node = cfg.scheduler.copy()
    OmegaConf.set_struct(node, False)
    node.pop("interval", None)
    accepted = signature(target(node, "scheduler")).parameters
    watching = {"mode": mode} if "mode" in accepted and "mode" not in node else {}
    return cast("LRScheduler", _build(node, "scheduler", optimizer=optimizer, **watching))


def callbacks(cfg: DictConfig) -> list[Callback]:
    """Return the further Lightning callbacks of a config, in its order."""
    return [
        cast("Callback", _build(node, "callbacks", f"callbacks.{name}"))
        for name, node in callback_nodes(cfg, []).items()
    ]


def _build(node: DictConfig, slot: str, key: str = "", **given: Any) -> object:
    """Call the class that a node names with the node's other values and what rnnlab gives.

    Raises:
        ConfigError: The constructor does not accept them; the message names the key.
        Refused: The node names something that must not be built.
    """
    key = key or slot
    cls = target(node, slot, key)
    values = cast(dict[str, Any], OmegaConf.to_container(node, resolve=True, throw_on_missing=True))
    takes = {parameter.name: parameter for parameter in parameters(cls)}
    arguments = {
        name: takes[name].convert(value) if name in takes else value
        for name, value in values.items()
        if name != "_target_"
    }
    try:
        return cls(**{**arguments, **given})
    except MissingPackage:
        raise
    except ConfigError as error:
        if error.key not in arguments:
            raise
        raise type(error)(
            error.why,
            key=f"{key}.{error.key}",
            value=error.value,
            valid=error.valid,
            near=error.near,
        ) from error
    except RnnlabError:
        raise
    except (TypeError, ValueError) as error:
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        if "Overflow when unpacking" in why:
            why = "makes sizes of more than 64 bits of it"
        raise ConfigError(why, key=key) from error
