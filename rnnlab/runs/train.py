"""``rnnlab train``: compose a config, check it, write a run folder, execute the folder."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from rnnlab.config.check import checked
from rnnlab.runs import folder as folders
from rnnlab.runs.assemble import Assembly, assemble
from rnnlab.runs.execute import execute
from rnnlab.runs.folder import RunFolder, Status
from rnnlab.runs.trainer import check_training


def train(overrides: list[str]) -> RunFolder:
    """Train what the overrides describe and return the run's folder.

    Nothing is written before config, data and model are known to fit together.

    Raises:
        ConfigError: The config, the data or their combination is wrong.
        RunFailed: The training broke off.
    """
    config = checked(overrides)
    _make_data_path_absolute(config)
    assembly = assemble(config)
    check_training(assembly)
    run = create(assembly)
    execute(run, assembly)
    return run


def create(assembly: Assembly) -> RunFolder:
    """Write the folder of a run that has not begun."""
    config = assembly.config
    run = folders.create(Path(config.output_dir), config.experiment_name, config.name)
    OmegaConf.save(config, run.config)
    run.write_status(Status.CREATED)
    return run


def _make_data_path_absolute(config: DictConfig) -> None:
    # The folder may be executed again from another working directory.
    path = config.dataset.get("path")
    if isinstance(path, str) and Path(path).expanduser().exists():
        config.dataset.path = str(Path(path).expanduser().absolute())
