"""When checkpoints are written, what they hold, and how a training goes on from one.

``last.ckpt`` is a snapshot at the start of a batch: after each epoch and its validation, every
``every_n_steps`` optimizer steps if wanted, when a training is to make room, and at its end. All
that decides what comes next is in it: weights, optimizer, schedule, callbacks, random generators,
the state that a stream carries, and the position. ``best.ckpt`` holds the weights alone, of the
epoch whose monitored score is the best so far, or as good as the best. ``start.ckpt`` is the
snapshot of another run that this one began from, where it did not begin at the beginning.
"""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch

from rnnlab.errors import ConfigError
from rnnlab.expected import mismatch
from rnnlab.training import processes, random_state
from rnnlab.training.checkpoint_archive import DamagedCheckpoint
from rnnlab.training.checkpoint_reading import read
from rnnlab.training.module import TrainingModule
from rnnlab.training.position import Position, at_end, before_batch, go_on_from
from rnnlab.training.signals import Signals

LAST, BEST, START, INIT = "last.ckpt", "best.ckpt", "start.ckpt", "init.ckpt"
_KEY = "rnnlab"
_SNAPSHOT = {
    "state_dict": dict,
    "optimizer_states": list,
    "lr_schedulers": list,
    _KEY: {
        "position": {"epoch": int, "batch": int, "batches": int, "step": int, ...: object},
        "stopped": bool,
        "seconds": int | float,
        "processes": list,
        ...: object,
    },
    ...: object,
}


class Checkpoints(pl.Callback):
    """Writes ``last.ckpt`` and ``best.ckpt`` into a folder; goes on from a snapshot.

    It must be the first callback, so that the others meet a batch after its snapshot.

    Args:
        folder: Where to; made if it is not there.
        monitor: Name of the score that decides, such as ``val/loss``.
        mode: ``min`` or ``max``: which score is better.
        every_n_steps: Optimizer steps between two snapshots inside an epoch; None for none.
        signals: Asks for a snapshot when the training is to make room.

    """

    def __init__(
        self,
        folder: Path,
        monitor: str,
        mode: str,
        *,
        every_n_steps: int | None = None,
        signals: Signals | None = None,
    ) -> None:
        self.folder, self.monitor, self.mode = folder, monitor, mode
        self.every_n_steps, self.signals = every_n_steps, signals
        self.best: float | None = None
        self.best_epoch: int | None = None
        self._seconds_before = 0.0
        self._began = time.perf_counter()
        self._validated = False
        self._position: Position | None = None
        self._written: Position | None = None
        self._resumed: dict[str, Any] | None = None
        self._has_written = False

    @property
    def seconds(self) -> float:
        """How long has been trained, in all attempts together."""
        return self._seconds_before + time.perf_counter() - self._began

    def go_on(
        self, trainer: pl.Trainer, snapshot: dict[str, Any], *, further: bool = False
    ) -> Position:
        """Have a trainer's next fit go on from a snapshot, which it is also given as ``ckpt_path``.

        Args:
            trainer: A new trainer that has this callback.
            snapshot: What ``last.ckpt`` holds.
            further: Go on although a callback had ended the training.

        Raises:
            ConfigError: It was written by another rnnlab and has no position.
        """
        position = self._written = position_of(snapshot)
        self._resumed = {**snapshot[_KEY]}
        if further:
            self._resumed["stopped"] = False
        go_on_from(trainer, position)
        return position

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Take up whether training was to end."""
        self._began = time.perf_counter()
        if self._resumed is not None:
            trainer.should_stop = bool(self._resumed["stopped"])

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Restore what a resumed run draws from, or write the snapshot that is due here.

        Raises:
            Preempted: The training was asked to make room; its snapshot is written.
        """
        assert isinstance(pl_module, TrainingModule)
        if self._resumed is not None:
            self._restore(pl_module, self._resumed)
            self._resumed = None
        # Gradients that are being accumulated are in no snapshot.
        if batch_idx % trainer.accumulate_grad_batches:
            return
        leave = self.signals is not None and self.signals.wants_snapshot
        if processes.count() > 1:
            leave = processes.any_of(leave, pl_module.device)
        elif not leave and batch_idx > 0 and self.every_n_steps is None:
            return
        position = before_batch(trainer, batch_idx)
        if position != self._written and (leave or self._is_due(position)):
            self._write(trainer, position)
        if leave and self.signals is not None:
            self.signals.leave()

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Note that this epoch has a score of its own."""
        self._validated = True

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write ``best.ckpt`` if this epoch is the best; its validation is over."""
        # Without a validation in this epoch Lightning still shows the score of an earlier one.
        score = trainer.callback_metrics.get(self.monitor) if self._validated else None
        self._validated = False
        if score is not None and self._improves(float(score)):
            self.best, self.best_epoch = float(score), trainer.current_epoch
            trainer.save_checkpoint(self.folder / BEST, weights_only=True)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write the snapshot at the end of training."""
        if self._resumed is not None:
            # Not a batch was left to train: what is there is the end.
            return
        position = at_end(trainer)
        if position != self._written:
            self._write(trainer, position)

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Add what Lightning leaves out. Every process calls this, one of them writes."""
        assert isinstance(pl_module, TrainingModule)
        assert self._position is not None
        own = {"random": random_state.capture(), "module": pl_module.carried()}
        checkpoint[_KEY] = {
            "position": self._position.to_dict(),
            "stopped": trainer.should_stop,
            "seconds": self.seconds,
            "processes": processes.gather(own),
        }

    def on_load_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Take up the time that was trained already; keep Lightning from restarting its loops."""
        assert isinstance(pl_module, TrainingModule)
        self._seconds_before = float(checkpoint[_KEY]["seconds"])
        # A run that was killed after its last step is only evaluated.
        pl_module.restore_engines(checkpoint[_KEY]["processes"][0]["module"])
        checkpoint.pop("loops", None)

    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed run has to know."""
        return {"best": self.best, "best_epoch": self.best_epoch}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up where the interrupted run was."""
        self.best, self.best_epoch = state_dict["best"], state_dict["best_epoch"]

    def _restore(self, module: TrainingModule, resumed: dict[str, Any]) -> None:
        shares = resumed["processes"]
        # Another number of processes draws other numbers anyway.
        own = shares[processes.rank()] if processes.count() == len(shares) else shares[0]
        if own["module"]["state"] and processes.count() != len(shares):
            why = f"the stream's state was carried by {len(shares)} processes, inside an epoch"
            raise ConfigError(why, key="trainer.devices", value=processes.count())
        module.restore_carried(own["module"])
        random_state.restore(own["random"])

    def _is_due(self, position: Position) -> bool:
        if position.batch == 0:
            return position.epoch > 0
        if self.every_n_steps is None:
            return False
        since = 0 if self._written is None else self._written.step
        return position.step - since >= self.every_n_steps

    def _write(self, trainer: pl.Trainer, position: Position) -> None:
        self._position = position
        # What was logged before a snapshot must be there when the snapshot is.
        if trainer.logger is not None:
            trainer.logger.save()
        first = not self._has_written
        trainer.save_checkpoint(self.folder / LAST)
        self._written, self._has_written = position, True
        if first and processes.rank() == 0:
            # A callback's state may be of a kind that no reader would accept: say so now.
            read(self.folder / LAST)

    def _improves(self, score: float) -> bool:
        if math.isnan(score):
            return False
        if self.best is None:
            return True
        # Scores on a small validation part tie often; of equals, the longer trained one counts.
        return score <= self.best if self.mode == "min" else score >= self.best


def position_of(snapshot: dict[str, Any]) -> Position:
    """Return where a training was when it wrote a snapshot.

    Raises:
        ConfigError: It was written by another program, or is of weights alone.
    """
    fault = mismatch(snapshot, _SNAPSHOT)
    if fault is not None:
        why = f"is no snapshot that training can go on from: {fault}"
        raise ConfigError(why, key="checkpoint")
    return Position.from_dict(snapshot[_KEY]["position"])


def read_weights(path: Path) -> dict[str, torch.Tensor]:
    """Return the weights of the model inside a checkpoint of the training module.

    Raises:
        DamagedCheckpoint: It cannot be read, or holds no weights.
    """
    weights = read(path).get("state_dict")
    if not isinstance(weights, dict) or not all(
        isinstance(name, str) and isinstance(value, torch.Tensor) for name, value in weights.items()
    ):
        raise DamagedCheckpoint(path, "it holds no weights")
    prefix = "model."
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in weights.items()
        if name.startswith(prefix)
    }
