"""From a config to what trains: the batches, the module and Lightning's Trainer."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterable
from typing import Any

import pytorch_lightning as pl
from lightning_fabric.plugins.environments.lightning import LightningEnvironment
from lightning_fabric.utilities.exceptions import MisconfigurationException
from omegaconf import DictConfig, OmegaConf
from torch import nn

from rnnlab.config import build
from rnnlab.data.loading import Loader, make_loader
from rnnlab.data.share import shared
from rnnlab.errors import ConfigError
from rnnlab.probing.look import append_look
from rnnlab.recurrence import Recurrent
from rnnlab.runs import ranks
from rnnlab.runs.assemble import Assembly
from rnnlab.runs.folder import RunFolder
from rnnlab.runs.measure import loader, most_batches, probe_batch
from rnnlab.runs.optimizers import optimizer
from rnnlab.tracking.logger import RunLogger
from rnnlab.training.checkpoint_files import AtomicCheckpointIO
from rnnlab.training.checkpoints import Checkpoints
from rnnlab.training.direct_loop import use_direct_loop
from rnnlab.training.early_stopping import PatientStopping
from rnnlab.training.flow_probe import FlowProbe
from rnnlab.training.module import TrainingModule
from rnnlab.training.progress import OneLineProgress
from rnnlab.training.pruning import Pruning
from rnnlab.training.signals import OwnSignalHandlers, Signals
from rnnlab.training.tbptt import TruncatedLoader

_log = logging.getLogger(__name__)

LIGHTNING = """
    max_epochs max_steps accumulate_grad_batches gradient_clip_val check_val_every_n_epoch
    limit_train_batches limit_val_batches accelerator devices strategy precision deterministic
    enable_progress_bar
""".split()
"""Options of ``conf/trainer`` that are Lightning's own and go to its Trainer as they are."""

_STRATEGIES = ("auto", "ddp", "ddp_find_unused_parameters_true")


def training_loader(assembly: Assembly) -> Loader:
    """Return the loader of the training part: shuffled by the seed, in chunks if truncated.

    Where several processes train, of this one's share of every batch.
    """
    trainer = assembly.config.trainer
    batches = make_loader(
        assembly.dataset.split("train"),
        int(trainer.batch_size),
        shuffle=True,
        seed=int(assembly.config.seed),
        stream_steps=int(trainer.stream_steps),
        num_workers=int(trainer.num_workers),
    )
    steps = trainer.truncate_steps
    chunks = batches if steps is None else TruncatedLoader(batches, int(steps))
    return shared(chunks, ranks.rank(), ranks.processes())


def training_module(assembly: Assembly) -> TrainingModule:
    """Return the Lightning module of a run."""
    config = assembly.config
    _, mode = assembly.task.monitor(assembly.spec)
    return TrainingModule(
        assembly.model,
        assembly.task,
        assembly.spec,
        optimizer=lambda parameters: optimizer(config, parameters),
        scheduler=lambda made: build.scheduler(config, made, mode),
        scheduler_interval=config.scheduler.get("interval", "epoch"),
        measure_gradients=config.diagnostics.gradient_norms,
        measure_updates=config.diagnostics.update_ratio,
        log_every_n_steps=config.trainer.log_every_n_steps,
    )


def make_trainer(
    config: DictConfig,
    folder: RunFolder,
    logger: RunLogger,
    module: TrainingModule,
    kept: Checkpoints,
    signals: Signals,
    pruning: Pruning | None = None,
    probe: FlowProbe | None = None,
) -> pl.Trainer:
    """Return Lightning's Trainer as the config sets it up.

    Args:
        config: The run's config.
        folder: Where Lightning may write.
        logger: Takes every metric.
        module: Names the score that early stopping and the progress line follow.
        kept: Writes the checkpoints; Lightning's own are off.
        signals: Handles signals while training.
        pruning: Asks after each validation whether to go on.
        probe: Looks inside the network every few epochs.
    """
    options = config.trainer
    callbacks: list[pl.Callback] = [kept, OwnSignalHandlers(signals), *build.callbacks(config)]
    if options.patience is not None:
        monitor = f"val/{module.monitor}"
        callbacks.append(
            PatientStopping(monitor, patience=options.patience, mode=module.monitor_mode)
        )
    if probe is not None:
        callbacks.append(probe)
    if pruning is not None:
        callbacks.append(pruning)  # last of those that may end the training
    if options.enable_progress_bar:
        callbacks.append(OneLineProgress(f"val/{module.monitor}"))
    trainer = _lightning(
        config,
        logger=logger,
        callbacks=callbacks,
        plugins=[AtomicCheckpointIO()],
        default_root_dir=folder.path,
    )
    use_direct_loop(trainer)
    return trainer


def flow_probe(assembly: Assembly, folder: RunFolder) -> FlowProbe | None:
    """Return what looks inside the network while it is trained, if the config wants it."""
    options = assembly.config.diagnostics
    # The configs of older runs have none of these.
    every = options.get("flow_every_n_epochs")
    if every is None:
        return None
    if not any(isinstance(part, Recurrent) for part in assembly.model.modules()):
        # Such as a window of inputs that is compared with recurrent networks in one sweep.
        _log.warning("no gradient through time is measured: the model has no recurrent layer")
        return None
    return FlowProbe(
        lambda: probe_batch(assembly, options.flow_sequences),
        lambda look: append_look(folder.looks, look),
        every=every,
        whose=options.flow_loss,
    )


def signals_of(config: DictConfig) -> Signals:
    """Return the handler of signals as the config wants it."""
    trainer = config.trainer
    # The configs of older runs have neither.
    return Signals(preempt=trainer.get("preempt", False), grace=trainer.get("preempt_grace", 20.0))


def check_training(assembly: Assembly) -> None:
    """Check that optimizer, scheduler and Trainer can be made, and on this machine.

    Raises:
        ConfigError: A value is refused, a share of a part is less than one batch of it, or there is
            no such accelerator, device or strategy.
    """
    check_optimization(assembly.config, assembly.model.parameters())
    check_batches(assembly)
    count_processes(assembly.config)


def check_optimization(config: DictConfig, parameters: Iterable[nn.Parameter]) -> None:
    """Check that optimizer and scheduler of a config can be made for some parameters.

    Raises:
        ConfigError: A value is refused.
    """
    build.scheduler(config, build.optimizer(config, parameters))


def check_batches(assembly: Assembly) -> None:
    """Check that each part of the data has what its batches are limited to.

    Raises:
        ConfigError: A share is less than one batch, or of data whose length is not known.
    """
    most_batches(assembly, "train", training_loader(assembly))
    for part in ("val", "test"):
        most_batches(assembly, part, loader(assembly, part))


def count_processes(config: DictConfig) -> int:
    """Return how many processes a config trains in: one for each device.

    Raises:
        ConfigError: Lightning refuses an option, or several processes cannot train like this.
    """
    trainer = _lightning(config, logger=False)
    count: int = trainer.world_size
    cores = os.cpu_count() or 1
    if trainer.strategy.root_device.type == "cpu" and count > cores:
        raise ConfigError(
            f"there are {cores} cores", key="trainer.devices", value=config.trainer.devices
        )
    if count > 1 and config.trainer.strategy not in _STRATEGIES:
        raise ConfigError(
            "cannot train in several processes here",
            key="trainer.strategy",
            value=config.trainer.strategy,
            valid=_STRATEGIES,
        )
    return count


def device_kind(config: DictConfig) -> str:
    """Return where a config trains on this machine, such as ``cpu``; ``auto`` depends on it."""
    return str(_lightning(config, logger=False).strategy.root_device.type)


def _lightning(config: DictConfig, **ours: Any) -> pl.Trainer:
    # Lightning tells its news by INFO on the console; a run's console belongs to rnnlab.
    for name in ("pytorch_lightning", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # Nor is it news that a machine from which jobs can be submitted does something itself.
    warnings.filterwarnings("ignore", message="The `srun` command is available")
    values: Any = OmegaConf.to_container(config.trainer, resolve=True)
    # Null means Lightning's own default here.
    passed_on = {name: values[name] for name in LIGHTNING if values[name] is not None}
    plugins = list(ours.pop("plugins", []))
    if ranks.processes() > 1:
        passed_on["strategy"] = ranks.strategy(values["strategy"])
    else:
        # A scheduler's job is no business of Lightning's: inside of one it would count processes
        # by the scheduler's variables, and in one of Slurm's take its signals and requeue it.
        plugins.append(LightningEnvironment())
    try:
        return pl.Trainer(
            **passed_on,
            **ours,
            plugins=plugins,
            enable_checkpointing=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
            use_distributed_sampler=False,
            log_every_n_steps=1,
        )
    except (MisconfigurationException, ImportError, TypeError, ValueError) as error:
        raise refused_by_lightning(error) from error


def refused_by_lightning(error: Exception) -> ConfigError:
    """Return what Lightning says about a value of ``trainer``, in one line."""
    return ConfigError(f"Lightning refuses it: {str(error).splitlines()[0]}", key="trainer")
