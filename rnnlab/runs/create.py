"""Make a run folder: whole, or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from rnnlab.errors import StorageError
from rnnlab.runs import folder as folders
from rnnlab.runs.folder import RunFolder, Status
from rnnlab.training.signals import interruptible


def create_run(
    config: DictConfig, output_dir: Path, fill: Callable[[RunFolder], None] = lambda run: None
) -> RunFolder:
    """Make the folder of a run that has not begun.

    Args:
        config: The run's config; its ``experiment_name`` and ``name`` say where.
        output_dir: Folder of all runs.
        fill: Puts into the new folder what the run is to begin from.

    Raises:
        ConfigError: The name is not usable, or taken.
        StorageError: The disk refused; nothing is left.
        Interrupted: A signal arrived; nothing is left.
    """
    with interruptible():  # a signal that ended the process at once would leave half a folder
        return _made(config, folders.create(output_dir, config.experiment_name, config.name), fill)


def _made(config: DictConfig, run: RunFolder, fill: Callable[[RunFolder], None]) -> RunFolder:
    try:
        fill(run)
        run.write_status(Status.CREATED)
        # Last: with its config the folder is a run.
        draft = run.config.with_name(".config.yaml.part")
        OmegaConf.save(config, draft)
        draft.replace(run.config)
    except BaseException as error:
        shutil.rmtree(run.path, ignore_errors=True)
        with suppress(OSError):
            run.path.parent.rmdir()
        if isinstance(error, OSError):
            raise StorageError(f"{run.path}: {error.strerror}") from error
        raise
    return run
