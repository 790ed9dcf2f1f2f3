"""Execute a run folder: train what its config says, measure, record. Nothing else trains."""

from __future__ import annotations

import logging
import time
from typing import Any, cast

import torch
from lightning_fabric.utilities.exceptions import MisconfigurationException

from rnnlab.baselines.evaluate import evaluate_baselines
from rnnlab.errors import Interrupted
from rnnlab.runs.assemble import Assembly, assemble
from rnnlab.runs.folder import RunFolder, Status, write_json
from rnnlab.runs.initial_weights import load_initial_weights
from rnnlab.runs.log import log_to
from rnnlab.runs.measure import loader, scores
from rnnlab.runs.record import final_points, manifest_of, run_logger
from rnnlab.runs.restore import read_config
from rnnlab.runs.trainer import make_trainer, refused_by_lightning, training_loader, training_module
from rnnlab.tracking.mlflow_run import Status as MlflowStatus
from rnnlab.training import checkpoints
from rnnlab.training.signals import interruptible

_log = logging.getLogger(__name__)


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
    with interruptible(), log_to(folder):
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
            _log.error("the run failed", exc_info=error)
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
        self.manifest = manifest_of(assembly, folder)
        write_json(folder.manifest, self.manifest)
        write_json(folder.spec, assembly.spec.to_dict())
        self.logger = run_logger(folder, self.config, self.manifest)
        self.logger.log_artifact(folder.config)

    def train(self, *, resume: bool) -> dict[str, Any]:
        """Fit, then measure the best weights on all parts, and the baselines on the test part."""
        module = training_module(self.assembly)
        kept = checkpoints.Checkpoints(
            self.folder.checkpoints, f"val/{module.monitor}", module.monitor_mode
        )
        trainer = make_trainer(self.config, self.folder, self.logger, module, kept)
        last = self.folder.checkpoints / checkpoints.LAST
        start = last if resume and last.exists() else None
        train_loader = training_loader(self.assembly)
        if start is None:
            load_initial_weights(self.folder, self.assembly.model, self.logger)
        else:
            progress = checkpoints.load(start)["loops"]["fit_loop"]["epoch_progress"]
            train_loader.epoch = int(progress["current"]["processed"])
        began = time.perf_counter()
        try:
            trainer.fit(module, train_loader, loader(self.assembly, "val"), ckpt_path=start)
        except MisconfigurationException as error:
            raise refused_by_lightning(error) from error
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
        self.logger.log_metrics(final_points(result), step=result["steps"])
        self.logger.set_tags(
            {f"rnnlab.engine.{layer}": why for layer, why in result["engines"].items()}
        )
        for path in (self.folder.manifest, self.folder.result, self.folder.spec):
            self.logger.log_artifact(path)
        best = self.folder.checkpoints / checkpoints.BEST
        if self.config.tracking.checkpoint and best.exists():
            self.logger.log_artifact(best, "checkpoints")


def _end(folder: RunFolder, run: _Run | None, status: Status, cause: str | None) -> None:
    # The folder knows first: whatever happens to the tracking server, the status here is true.
    folder.write_status(status, cause)
    if run is not None:
        if cause is not None:
            run.logger.set_tags({"rnnlab.cause": cause[:500]})
        run.logger.finish(cast(MlflowStatus, status.value))
