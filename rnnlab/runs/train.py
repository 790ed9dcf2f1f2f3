"""``rnnlab train``: compose a config, check it, write a run folder, execute the folder."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig

from rnnlab.config.check import checked
from rnnlab.runs.assemble import Assembly, assemble
from rnnlab.runs.create import create_run
from rnnlab.runs.execute import execute
from rnnlab.runs.folder import RunFolder
from rnnlab.runs.initial_weights import find_initial_weights
from rnnlab.runs.record import check_tracking
from rnnlab.runs.trainer import check_training
from rnnlab.training.signals import interruptible


def train(overrides: list[str]) -> RunFolder:
    """Train what the overrides describe and return the run's folder.

    Nothing is written before config, data and model are known to fit together.

    Raises:
        ConfigError: The config, the data or their combination is wrong.
        RunFailed: The training broke off.
    """
    # From before the folder is made: no moment of its life may go unrecorded.
    with interruptible():
        config = configured(overrides)
        assembly = prepare(config)
        run = create(assembly)
        execute(run, assembly)
    return run


def configured(overrides: list[str]) -> DictConfig:
    """Return the config of a run that is to be made, composed and valid.

    Raises:
        ConfigError: Something is wrong with it; a ``ConfigErrors`` when several things are.
        Refused: Something would run code that it should not.
    """
    config = checked(overrides)
    make_data_path_absolute(config)
    return config


def prepare(config: DictConfig) -> Assembly:
    """Build the parts of a run that is to be made, after all that can be checked before it is.

    Raises:
        ConfigError: The data is not there, parts do not fit together, or this machine lacks what
            the config asks for.
        StorageError: The tracking store is of another version of MLflow.
    """
    check_tracking(config)
    assembly = assemble(config)
    check_training(assembly)
    return assembly


def create(assembly: Assembly) -> RunFolder:
    """Write the folder of a run that has not begun."""
    initial = find_initial_weights(assembly)
    config = assembly.config

    def fill(run: RunFolder) -> None:
        if initial is not None:
            initial.write(run)

    return create_run(config, Path(config.output_dir), fill)


def make_data_path_absolute(config: DictConfig) -> None:
    """Let the data of a config be found from any working directory."""
    # The folder may be executed again from another working directory.
    path = config.dataset.get("path")
    if isinstance(path, str) and Path(path).expanduser().exists():
        config.dataset.path = str(Path(path).expanduser().absolute())
