"""One attempt at a run in this process: train, measure, record."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import torch.distributed
from lightning_fabric.utilities.exceptions import MisconfigurationException

from rnnlab.baselines.evaluate import evaluate_baselines
from rnnlab.errors import Pruned
from rnnlab.runs import ranks
from rnnlab.runs.assemble import Assembly
from rnnlab.runs.folder import RunFolder, Status
from rnnlab.runs.initial_weights import load_initial_weights
from rnnlab.runs.json_files import write_json
from rnnlab.runs.manifest import drift
from rnnlab.runs.measure import loader, scores
from rnnlab.runs.plugin_history import continued, history
from rnnlab.runs.record import final_points, manifest_of, run_logger
from rnnlab.runs.restore import newest_snapshot
from rnnlab.runs.threads import set_threads
from rnnlab.runs.trainer import (
    flow_probe,
    make_trainer,
    refused_by_lightning,
    training_loader,
    training_module,
)
from rnnlab.tracking.mlflow_run import Status as MlflowStatus
from rnnlab.training import checkpoints
from rnnlab.training.checkpoint_reading import check_fits, read
from rnnlab.training.pruning import Pruning
from rnnlab.training.signals import Signals

# Seconds that MLflow may take for what is left. Somebody waits for an interrupted run to be gone,
# or kills it soon; `rnnlab sync` sends the rest.
_PATIENT, _HURRIED = 60.0, 15.0


class Attempt:
    """The parts of a run, its logger and its manifest.

    Args:
        folder: The run, owned by this process or by the one that started it.
        assembly: The parts, just built: the random generators are where their seed puts them.
        signals: Handles signals.
        tracked: Whether to show it in MLflow, if its config says so.
    """

    def __init__(
        self, folder: RunFolder, assembly: Assembly, signals: Signals, *, tracked: bool = True
    ) -> None:
        self.folder, self.assembly, self.signals = folder, assembly, signals
        self.config = assembly.config
        set_threads(self.config, assembly.model)
        self.manifest = manifest_of(assembly, folder)
        if ranks.rank() == 0:
            self._write_manifest()
            write_json(folder.spec, assembly.spec.to_dict())
        self.logger = run_logger(folder, self.config, self.manifest, tracked=tracked)
        self.logger.log_artifact(folder.config)

    def train(self, *, resume: bool, pruning: Pruning | None = None) -> dict[str, Any]:
        """Fit, then measure the best weights on all parts, and the baselines on the test part.

        Args:
            resume: Go on from the newest snapshot, or from the one that the run is to begin from.
            pruning: Asks after each validation whether to go on.

        Returns:
            What ``result.json`` holds; nothing on other ranks than the first.

        Raises:
            Pruned: The training was not to go on; its last snapshot is written.
        """
        module = training_module(self.assembly)
        kept = checkpoints.Checkpoints(
            self.folder.checkpoints,
            f"val/{module.monitor}",
            module.monitor_mode,
            every_n_steps=self.config.trainer.get("checkpoint_every_n_steps"),
            signals=self.signals,
        )
        probe = flow_probe(self.assembly, self.folder)
        trainer = make_trainer(
            self.config, self.folder, self.logger, module, kept, self.signals, pruning, probe
        )
        batches = training_loader(self.assembly)
        start = self._snapshot() if resume else None
        if start is None:
            load_initial_weights(self.folder, self.assembly.model, self.logger)
        else:
            check_fits(module.state_dict(), start[1].get("state_dict", {}), start[0])
            # What ended another run does not end the one that begins from it.
            further = start[0].name == checkpoints.START
            position = kept.go_on(trainer, start[1], further=further)
            batches.epoch, batches.start = position.epoch, (position.epoch, position.batch)
        path = None if start is None else start[0]
        try:
            with self.signals.snapshots():
                trainer.fit(module, batches, loader(self.assembly, "val"), ckpt_path=path)
        except MisconfigurationException as error:
            raise refused_by_lightning(error) from error
        except Exception:
            # What nobody has read yet may be why: such as a NaN that somebody drew a sample by.
            module.look()
            raise
        if pruning is not None and pruning.cause is not None:
            raise Pruned(pruning.cause)
        train_seconds = round(kept.seconds, 3)
        if ranks.processes() > 1:
            # One process measures: it must not wait for the others.
            torch.distributed.destroy_process_group()
        if ranks.rank() > 0:
            return {}
        device = trainer.strategy.root_device
        best = self.folder.checkpoint(checkpoints.BEST)
        if best.exists():
            weights = checkpoints.read_weights(best)
            check_fits(self.assembly.model.state_dict(), weights, best)
            self.assembly.model.load_state_dict(weights)
        result = {
            "scores": scores(self.assembly, device),
            "baselines": self._baselines(),
            "monitor": f"val/{module.monitor}",
            "monitor_mode": module.monitor_mode,
            "best_epoch": kept.best_epoch,
            "epochs": trainer.current_epoch,
            "steps": trainer.global_step,
            "parameters": sum(p.numel() for p in self.assembly.model.parameters()),
            "train_seconds": train_seconds,
            "engines": self.assembly.model.engines(),
            "device": str(device),
        }
        if probe is not None:
            result["probe_seconds"] = round(probe.seconds, 3)
        self._record(result)
        return result

    def _snapshot(self) -> tuple[Path, dict[str, Any]] | None:
        """Return where to go on from: the run's own newest snapshot, or the one it began from."""
        own = newest_snapshot(self.folder)
        beginning = self.folder.checkpoint(checkpoints.START)
        if own is None and beginning.exists():
            return beginning, read(beginning)
        return own

    def finish(self, status: Status, cause: str | None) -> None:
        """Tell the tracking server how the run ended; the folder knows already."""
        hurried = status in (Status.KILLED, Status.PREEMPTED)
        timeout = _HURRIED if hurried else _PATIENT
        self.logger.finish(cast(MlflowStatus, status.value), cause, timeout=timeout)

    def _baselines(self) -> dict[str, dict[str, float]]:
        if not self.config.diagnostics.baselines:
            return {}
        return evaluate_baselines(self.assembly.dataset, self.assembly.task)

    def _write_manifest(self) -> None:
        """Write the manifest, or note in the one that is there what has changed since."""
        if self.folder.manifest.exists():
            first = self.folder.read_manifest()
            told = first.get("changed_since", [])
            changes = [change for change in drift(first, self.manifest) if change not in told]
            whole = continued(first, history(self.manifest)[-1])
            if len(history(whole)) > 1:
                # Not what its first fingerprint stands for.
                whole |= {key: self.manifest[key] for key in ("fingerprint", "setting")}
            self.manifest = {**whole, "changed_since": [*told, *changes]}
        write_json(self.folder.manifest, self.manifest)

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
        if self.folder.looks.exists():
            self.logger.log_artifact(self.folder.looks, "diagnostics")
        best = self.folder.checkpoint(checkpoints.BEST)
        if self.config.tracking.checkpoint and best.exists():
            self.logger.log_artifact(best, "checkpoints")
