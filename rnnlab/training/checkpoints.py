"""When checkpoints are written, and how: never half a file.

``last.ckpt`` is written at the end of each epoch, after its validation; ``best.ckpt`` when the
monitored score of that epoch is the best so far, or as good as the best.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch

LAST, BEST = "last.ckpt", "best.ckpt"


class Checkpoints(pl.Callback):
    """Writes ``last.ckpt`` and ``best.ckpt`` into a folder.

    Args:
        folder: Where to; made if it is not there.
        monitor: Name of the score that decides, such as ``val/loss``.
        mode: ``min`` or ``max``: which score is better.
    """

    def __init__(self, folder: Path, monitor: str, mode: str) -> None:
        self.folder, self.monitor, self.mode = folder, monitor, mode
        self.best: float | None = None
        self.best_epoch: int | None = None
        self._validated = False

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Note that this epoch has a score of its own."""
        self._validated = True

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write the checkpoints of this epoch; its validation is over."""
        self.folder.mkdir(parents=True, exist_ok=True)
        # Without a validation in this epoch Lightning still shows the score of an earlier one.
        score = trainer.callback_metrics.get(self.monitor) if self._validated else None
        self._validated = False
        if score is not None and self._improves(float(score)):
            self.best, self.best_epoch = float(score), trainer.current_epoch
            trainer.save_checkpoint(self.folder / BEST)
        trainer.save_checkpoint(self.folder / LAST)

    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed run has to know."""
        return {"best": self.best, "best_epoch": self.best_epoch}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up where the interrupted run was."""
        self.best, self.best_epoch = state_dict["best"], state_dict["best_epoch"]

    def _improves(self, score: float) -> bool:
        if math.isnan(score):
            return False
        if self.best is None:
            return True
        # Scores on a small validation part tie often; of equals, the longer trained one counts.
        return score <= self.best if self.mode == "min" else score >= self.best


def model_weights(checkpoint: dict[str, Any]) -> dict[str, torch.Tensor]:
    """Return the weights of the model inside a checkpoint of the training module."""
    prefix = "model."
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in checkpoint["state_dict"].items()
        if name.startswith(prefix)
    }
