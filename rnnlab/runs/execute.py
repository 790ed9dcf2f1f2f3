"""Execute a run folder: train what its config says, measure, record. Nothing else trains."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import pytorch_lightning as pl
import torch
from omegaconf import DictConfig, OmegaConf
from pytorch_lightning.callbacks import EarlyStopping

from rnnlab.baselines.evaluate import evaluate_baselines
from rnnlab.config import build
from rnnlab.data.dataset import Part
from rnnlab.data.loading import Loader, make_loader
from rnnlab.errors import Interrupted
from rnnlab.plugins.discovery import distributions_in_use
from rnnlab.runs.assemble import Assembly, assemble
from rnnlab.runs.fingerprint import fingerprint
from rnnlab.runs.folder import RunFolder, Status, read_json, write_json
from rnnlab.runs.manifest import make_manifest
from rnnlab.runs.restore import read_config
from rnnlab.tracking.logger import RunLogger
from rnnlab.tracking.mlflow_run import Status as MlflowStatus
from rnnlab.tracking.store import tracking_uri
from rnnlab.training import checkpoints
from rnnlab.training.evaluation import evaluate
from rnnlab.training.module import TrainingModule
from rnnlab.training.progress import OneLineProgress
from rnnlab.training.signals import OwnSignalHandlers, interruptible
from rnnlab.training.tbptt import TruncatedLoader

# Options of conf/trainer that are Lightning's own and go to its Trainer as they are.
_LIGHTNING = """
    max_epochs max_steps accumulate_grad_batches gradient_clip_val check_val_every_n_epoch
    limit_train_batches limit_val_batches accelerator devices strategy precision deterministic
    enable_progress_bar
""".split()
_PARTS: tuple[Part, ...] = ("train", "val", "test")


def execute(
    folder: RunFolder, assembly: Assembly | None = None, *, resume: bool = False
) -> dict[str, Any]:
    """Train, evaluate and record the run that a folder describes.

    Args:
        folder: Holds ``config.yaml``.
        assembly: The parts, if they were built already.
        resume: Go on from ``last.ckpt``, if there is one.

    Returns:
        What ``result.json`` holds.

    Raises:
        RunFailed: The training broke off for a reason that is the run's own.
        Interrupted: SIGINT or SIGTERM.
    """
    with interruptible(), _log_to(folder):
        folder.write_status(Status.RUNNING)
        run = None
        try:
            config = read_config(folder)
            run = _Run(folder, assembly or assemble(config))
            result = run.train(resume=resume)
        except Interrupted as interrupt:
            _end(folder, run, Status.KILLED, str(interrupt))
            raise
        except BaseException as error:
            _end(folder, run, Status.FAILED, f"{type(error).__name__}: {error}")
            raise
        _end(folder, run, Status.FINISHED, None)
        return result


class _Run:
    """One execution of a folder: its parts, its logger and its trainer."""

    def __init__(self, folder: RunFolder, assembly: Assembly) -> None:
        self.folder, self.assembly = folder, assembly
        self.config = assembly.config
        threads = self.config.trainer.threads
        if threads is not None:
            torch.set_num_threads(int(threads))
        self.manifest = _manifest(assembly)
        write_json(folder.manifest, self.manifest)
        write_json(folder.spec, assembly.spec.to_dict())
        self.logger = _logger(folder, self.config, self.manifest)
        self.logger.log_artifact(folder.config)

    def train(self, *, resume: bool) -> dict[str, Any]:
        """Fit, then measure the best weights on all parts, and the baselines on the test part."""
        module = _module(self.assembly)
        kept = checkpoints.Checkpoints(
            self.folder.checkpoints, f"val/{module.monitor}", module.monitor_mode
        )
        trainer = _trainer(self.config, self.folder, self.logger, module, kept)
        last = self.folder.checkpoints / checkpoints.LAST
        start = last if resume and last.exists() else None
        train_loader = _train_loader(self.assembly)
        if start is not None:
            progress = checkpoints.load(start)["loops"]["fit_loop"]["epoch_progress"]
            train_loader.epoch = int(progress["current"]["processed"])
        began = time.perf_counter()
        trainer.fit(module, train_loader, loader(self.assembly, "val"), ckpt_path=start)
        train_time = time.perf_counter() - began
        device = trainer.strategy.root_device
        best = self.folder.checkpoints / checkpoints.BEST
        if best.exists():
            weights = checkpoints.model_weights(checkpoints.load(best))
            self.assembly.model.load_state_dict(weights)
        result = {
            "scores": scores(self.assembly, device),
            "baselines": self._baselines(),
            "monitor": f"val/{module.monitor}",
            "best_epoch": kept.best_epoch,
            "epochs": trainer.current_epoch,
            "steps": trainer.global_step,
            "parameters": sum(p.numel() for p in self.assembly.model.parameters()),
            "train_seconds": round(train_time, 3),
            "engines": self.assembly.model.engines(),
            "device": str(device),
        }
        self._record(result)
        return result

    def _baselines(self) -> dict[str, dict[str, float]]:
        if not self.config.diagnostics.baselines:
            return {}
        return evaluate_baselines(self.assembly.dataset, self.assembly.task)

    def _record(self, result: dict[str, Any]) -> None:
        write_json(self.folder.result, result)
        self.manifest["engines"] = result["engines"]
        write_json(self.folder.manifest, self.manifest)
        step = result["steps"]
        finals = {
            f"{part}/{name}": value
            for part in ("train", "test")
            for name, value in result["scores"][part].items()
        }
        finals = {f"final/{name}": value for name, value in finals.items()}
        baselines = {
            f"baseline/{baseline}/{name}": value
            for baseline, values in result["baselines"].items()
            for name, value in values.items()
        }
        self.logger.log_metrics({**finals, **baselines}, step=step)
        self.logger.set_tags(
            {f"rnnlab.engine.{layer}": why for layer, why in result["engines"].items()}
        )
        for path in (self.folder.manifest, self.folder.result, self.folder.spec):
            self.logger.log_artifact(path)
        best = self.folder.checkpoints / checkpoints.BEST
        if self.config.tracking.checkpoint and best.exists():
            self.logger.log_artifact(best, "checkpoints")


def loader(assembly: Assembly, part: Part) -> Loader:
    """Return the loader that a part is measured with: in order, without shuffling."""
    trainer = assembly.config.trainer
    size = trainer.batch_size if assembly.spec.stream else trainer.eval_batch_size
    return make_loader(
        assembly.dataset.split(part),
        int(size),
        shuffle=False,
        seed=int(assembly.config.seed),
        stream_steps=int(trainer.stream_steps),
        num_workers=int(trainer.num_workers),
    )


def scores(assembly: Assembly, device: torch.device) -> dict[str, dict[str, float]]:
    """Return the scores of the model on all parts.

    Of the training part no more batches are read than the test part has, taken at random where the
    data is in memory: enough to compare, and quick where the training part is large.
    """
    limits = assembly.config.trainer
    found: dict[str, dict[str, float]] = {}
    test_batches = None
    for part in reversed(_PARTS):
        batches = loader(assembly, part)
        limit = limits.limit_test_batches if part == "test" else limits.limit_val_batches
        most = int(limit) if isinstance(limit, int) else None
        if part == "train":
            most = test_batches if most is None else most
            if hasattr(batches, "shuffle"):
                batches.shuffle = True
        elif part == "test" and hasattr(batches, "__len__"):
            test_batches = len(batches)
        found[part] = evaluate(
            assembly.model, assembly.task, batches, device=device, max_batches=most
        )
    return {part: found[part] for part in _PARTS}


def _train_loader(assembly: Assembly) -> Loader:
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
    return batches if steps is None else TruncatedLoader(batches, int(steps))


def _module(assembly: Assembly) -> TrainingModule:
    config = assembly.config
    _, mode = assembly.task.monitor(assembly.spec)
    return TrainingModule(
        assembly.model,
        assembly.task,
        assembly.spec,
        optimizer=lambda parameters: build.optimizer(config, parameters),
        scheduler=lambda optimizer: build.scheduler(config, optimizer, mode),
        scheduler_interval=config.scheduler.get("interval", "epoch"),
        measure_gradients=config.diagnostics.gradient_norms,
        measure_updates=config.diagnostics.update_ratio,
        log_every_n_steps=config.trainer.log_every_n_steps,
    )


def _trainer(
    config: DictConfig,
    folder: RunFolder,
    logger: RunLogger,
    module: TrainingModule,
    kept: checkpoints.Checkpoints,
) -> pl.Trainer:
    options = config.trainer
    callbacks: list[pl.Callback] = [OwnSignalHandlers(), *build.callbacks(config)]
    if options.patience is not None:
        monitor = f"val/{module.monitor}"
        callbacks.append(
            EarlyStopping(
                monitor, patience=options.patience, mode=module.monitor_mode, check_finite=False
            )
        )
    if options.enable_progress_bar:
        callbacks.append(OneLineProgress(f"val/{module.monitor}"))
    values: Any = OmegaConf.to_container(options, resolve=True)
    # Null means Lightning's own default here.
    passed_on = {name: values[name] for name in _LIGHTNING if values[name] is not None}
    return pl.Trainer(
        **passed_on,
        logger=logger,
        callbacks=[*callbacks, kept],
        plugins=[checkpoints.AtomicCheckpointIO()],
        default_root_dir=folder.path,
        enable_checkpointing=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        log_every_n_steps=1,
    )


def _manifest(assembly: Assembly) -> dict[str, Any]:
    config: Any = OmegaConf.to_container(assembly.config, resolve=False)
    data = assembly.dataset.sha256()
    plugins = distributions_in_use(_targets(config))
    return make_manifest(
        seed=int(assembly.config.seed),
        data_sha256=data,
        fingerprint=fingerprint(config, data, plugins),
        setting=fingerprint(config, data, plugins, with_seed=False),
        plugins=plugins,
        engines={},
        device=str(assembly.config.trainer.accelerator),
    )


def _targets(node: Any) -> list[str]:
    """Return every ``_target_`` in a plain config."""
    if not isinstance(node, dict):
        return []
    own = [str(node["_target_"])] if "_target_" in node else []
    return own + [target for child in node.values() for target in _targets(child)]


def _logger(folder: RunFolder, config: DictConfig, manifest: dict[str, Any]) -> RunLogger:
    params: Any = OmegaConf.to_container(config, resolve=False)
    tracking = config.tracking
    tags = {
        "rnnlab.fingerprint": manifest["fingerprint"],
        "rnnlab.setting": manifest["setting"],
        "rnnlab.folder": str(folder.path),
        "rnnlab.data_sha256": manifest["data_sha256"],
    }
    if manifest["git"]:
        tags["mlflow.source.git.commit"] = manifest["git"]["commit"]
        tags["rnnlab.git.dirty"] = str(manifest["git"]["dirty"])
    tags |= {f"rnnlab.plugin.{name}": version for name, version in manifest["plugins"].items()}
    return RunLogger(
        folder.path,
        uri=tracking_uri(tracking.uri, folder.path.parents[1]),
        experiment=config.experiment_name,
        run_name=folder.path.name,
        params=params,
        tags=tags,
        enabled=tracking.enabled,
        system_metrics=tracking.system_metrics,
        system_interval=tracking.system_interval,
    )


def _end(folder: RunFolder, run: _Run | None, status: Status, cause: str | None) -> None:
    # The folder knows first: whatever happens to the tracking server, the status here is true.
    folder.write_status(status, cause)
    if run is not None:
        if cause is not None:
            run.logger.set_tags({"rnnlab.cause": cause[:500]})
        run.logger.finish(cast(MlflowStatus, status.value))


@contextmanager
def _log_to(folder: RunFolder) -> Iterator[None]:
    """Write what rnnlab, Lightning and warnings say to the folder's log for the time of a run."""
    handler = logging.FileHandler(folder.log, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    loggers = [logging.getLogger(name) for name in ("rnnlab", "pytorch_lightning")]
    for each in loggers:
        each.addHandler(handler)
    logging.getLogger("rnnlab").setLevel(logging.INFO)
    # Lightning tells its news by INFO on the console; a run's console belongs to rnnlab.
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    # Lightning 2.6 uses a name that torch 2.13 deprecates; no user can do anything about it.
    warnings.filterwarnings("ignore", message=r"`isinstance\(treespec, LeafSpec\)`")
    try:
        yield
    finally:
        for each in loggers:
            each.removeHandler(handler)
        handler.close()


def read_result(folder: RunFolder) -> dict[str, Any]:
    """Return what ``result.json`` holds."""
    return read_json(folder.result)
