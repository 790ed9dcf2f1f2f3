"""Where a training is: the start of a batch of an epoch.

Lightning restarts a fit by replaying its own bookkeeping, which ends a resumed epoch without its
validation or begins it with its first batches again. Here a fit that goes on is a fresh one whose
counters begin further on; that leaves one case to get right instead of five.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import pytorch_lightning as pl


@dataclass(frozen=True)
class Position:
    """The start of a batch.

    Args:
        epoch: Epochs that are complete, their validation included.
        batch: Batches of the next epoch that are done.
        batches: Batches done in all epochs together.
        step: Optimizer steps done.
    """

    epoch: int
    batch: int
    batches: int
    step: int

    def to_dict(self) -> dict[str, int]:
        """Return plain values for a checkpoint."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Position:
        """Return the position that a checkpoint holds."""
        return cls(**{name: int(values[name]) for name in ("epoch", "batch", "batches", "step")})


def before_batch(trainer: pl.Trainer, batch: int) -> Position:
    """Return where a trainer is at the start of a batch, in its hook of that name."""
    # Lightning has counted the batch that is about to start.
    begun = trainer.fit_loop.epoch_loop.batch_progress.total.ready - 1
    return Position(trainer.current_epoch, batch, begun, trainer.global_step)


def at_end(trainer: pl.Trainer) -> Position:
    """Return where a trainer is when its training has ended: between epochs, or inside one."""
    loop = trainer.fit_loop
    progress = loop.epoch_loop.batch_progress
    done: int = progress.current.ready
    complete = progress.is_last_batch or done >= trainer.num_training_batches
    epoch: int = loop.epoch_progress.current.processed  # type: ignore[attr-defined]
    # An epoch that trainer.max_steps has cut short is counted by Lightning, but is not complete.
    epoch, batch = (epoch, 0) if complete else (epoch - 1, done)
    return Position(epoch, batch, progress.total.ready, trainer.global_step)


def go_on_from(trainer: pl.Trainer, position: Position) -> None:
    """Have the next fit of a new trainer begin at a position.

    The loader must leave out the batches that are done: see ``Loader.start``.
    """
    fit, epoch = trainer.fit_loop, trainer.fit_loop.epoch_loop
    for tracker in (fit.epoch_progress.current, fit.epoch_progress.total):
        tracker.increment_by(position.epoch)
    epoch.batch_progress.total.increment_by(position.batches)
    epoch.batch_progress.current.increment_by(position.batch)
    steps = epoch.automatic_optimization.optim_progress.optimizer
    for progress in (steps.step, steps.zero_grad):
        progress.total.increment_by(position.step)
    # Inside an epoch the batch loop alone restarts: it then keeps the count of batches done.
    epoch.restarting = position.batch > 0
