"""What a run folder holds of its training: config, snapshot, and the model without its data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from rnnlab.config import build
from rnnlab.config.stored import read_stored
from rnnlab.errors import ConfigError
from rnnlab.models.model import Model
from rnnlab.runs.folder import RunFolder
from rnnlab.tasks.base import Task
from rnnlab.training import checkpoints
from rnnlab.training.checkpoint_files import PREVIOUS, newest
from rnnlab.training.checkpoint_reading import check_fits


def read_config(folder: RunFolder) -> DictConfig:
    """Return the resolved config of a run, checked again."""
    return read_stored(folder.config)


def restore(folder: RunFolder) -> tuple[Task, Model]:
    """Return the task and the model with its best weights, or its last where no best was kept.

    Raises:
        ConfigError: The run has no checkpoint yet.
    """
    path = checkpoint(folder)
    config = read_config(folder)
    task = build.task(config)
    model = task.build_model(folder.read_spec(), build.backbone_factory(config))
    weights = checkpoints.read_weights(path)
    check_fits(model.state_dict(), weights, path)
    model.load_state_dict(weights)
    return task, model.eval()


def newest_snapshot(folder: RunFolder) -> tuple[Path, dict[str, Any]] | None:
    """Return path and content of the run's own newest whole snapshot, or None where it has none.

    Raises:
        DamagedCheckpoint: There are files, but none is whole.
        Refused: One is a link that leads out of the folder, or is made to harm.
    """
    for name in (checkpoints.LAST, PREVIOUS):
        folder.checkpoint(name)  # refuses links that lead elsewhere
    return newest(folder.checkpoints)


def checkpoint(folder: RunFolder) -> Path:
    """Return the path of the best checkpoint, or of the last.

    Raises:
        ConfigError: There is none.
    """
    for name in (checkpoints.BEST, checkpoints.LAST):
        path = folder.checkpoint(name)
        if path.exists():
            return path
    raise ConfigError(
        "the run has no checkpoint yet; train it first", key="RUN", value=folder.path.name
    )
