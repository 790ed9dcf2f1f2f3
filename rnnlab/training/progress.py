"""One line that says how far a training is and how good its model."""

from __future__ import annotations

import time
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import ProgressBar
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

_PERIOD = 0.25  # seconds: nobody reads faster


class OneLineProgress(ProgressBar):
    """A bar over all batches of all epochs, with the loss and the monitored validation score.

    It is drawn four times a second, however fast the batches are: each time costs as much as a
    whole step of a small model. A bar for each epoch and each validation would scroll away what
    matters.

    Args:
        monitor: The validation score to show, such as ``val/accuracy``.
    """

    def __init__(self, monitor: str) -> None:
        super().__init__()
        self._monitor = monitor
        self._progress: Progress | None = None
        self._enabled = True
        self._drawn = 0.0

    def disable(self) -> None:
        """Show nothing: Lightning asks all ranks but the first for this."""
        self._enabled = False

    def enable(self) -> None:
        """Show the bar again."""
        self._enabled = True

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Draw the bar."""
        if not self._enabled:
            return
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[news]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=_Console(),
            refresh_per_second=1 / _PERIOD,
        )
        batches, epochs = trainer.num_training_batches, trainer.max_epochs
        total = batches * epochs if epochs and epochs > 0 and batches != float("inf") else None
        if trainer.max_steps > 0:
            steps = trainer.max_steps * trainer.accumulate_grad_batches
            total = steps if total is None else min(total, steps)
        self._bar = self._progress.add_task("training", total=total, news="")
        self._progress.start()

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Move the bar, if it is time to."""
        now = time.monotonic()
        if self._progress is None or now - self._drawn < _PERIOD:
            return
        self._drawn = now
        loss = outputs["loss"] if isinstance(outputs, dict) else outputs
        self._show(trainer, f"loss {float(loss):.4g}" if loss is not None else "")

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Show where the epoch has ended."""
        self._show(trainer, "")

    def teardown(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Leave the bar as it is; also when training broke off."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def _show(self, trainer: pl.Trainer, loss: str) -> None:
        if self._progress is None:
            return
        score = trainer.callback_metrics.get(self._monitor)
        news = [loss] if loss else []
        if score is not None:
            news.append(f"{self._monitor} {float(score):.4g}")
        last = f"/{trainer.max_epochs}" if trainer.max_epochs and trainer.max_epochs > 0 else ""
        self._progress.update(
            self._bar,
            completed=trainer.fit_loop.epoch_loop.total_batch_idx + 1,
            description=f"epoch {trainer.current_epoch + 1}{last}",
            news="  ".join(news),
        )


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Go on in silence: rich would end the process, and a run does not need its reader."""
        self.quiet = True
